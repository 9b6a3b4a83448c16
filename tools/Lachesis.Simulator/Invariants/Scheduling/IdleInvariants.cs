using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>
/// Nobody idles beside work for longer than a slice: an idle CPU that nobody has told finds nothing to steal that the told
/// ones would leave. For a moment that may be otherwise, when a CPU that was told of one thread is given another.
/// </summary>
internal static unsafe class IdleInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        int told = 0;
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            told += system.Cpu(cpu)->Current == null && system.HasInterrupt(cpu) ? 1 : 0;
        }

        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            if (system.Cpu(cpu)->Current == null && !system.HasInterrupt(cpu))
            {
                Require(Stealable(system, cpu) <= told, $"cpu {cpu} idles beside a thread that it could run");
            }
        }
    }

    private static int Stealable(SimulatedSystem system, uint thief)
    {
        int count = 0;
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            Thread* thread = RunQueues.First(system.Cpu(cpu));
            for (int i = 0; i < Idle<SimulatedMachine>.StealScanLimit && thread != null; i++)
            {
                count += new CpuMask(thread->EffectiveAffinity).Has(thief) ? 1 : 0;
                thread = RunQueues.Next(system.Cpu(cpu), thread);
            }
        }

        return count;
    }
}
