using Lachesis.Core.Check;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Simulator;

/// <summary>The seeded bugs that the simulated machine makes (<see cref="SeededBug"/>), each where hardware or its driver would have it.</summary>
internal static unsafe class MachineBugs
{
    /// <summary>Between the read and the write of what should be one operation.</summary>
    public static void TearExchange(SimulatedSystem system, SeededBug bug)
    {
        if (system.Bug == bug)
        {
            system.Interleaver?.Point(Access.Store);
        }
    }

    /// <summary>What an atomic addition adds, of what it should.</summary>
    public static ulong Added(SimulatedSystem system, ulong* location, ulong value)
    {
        if (system.Bug != SeededBug.StaleHandoffGeneration)
        {
            return value;
        }

        for (uint id = 0; id < system.Kernel->CpuCount; id++)
        {
            value = location == &system.Cpu(id)->DirectHandoffGeneration ? 0 : value;
        }

        return value;
    }

    /// <summary>Whether fences are missing.</summary>
    public static bool DropsFence(SimulatedSystem system) => system.Bug == SeededBug.MissingFence;

    /// <summary>Whether an interrupt is not sent that should be.</summary>
    public static bool SuppressesInterrupt(SimulatedSystem system, uint target) =>
        system.Bug == SeededBug.SuppressedInterrupt && !system.IsOutside(target);

    /// <summary>What a parker reads, its queue's lock held.</summary>
    public static void Park(SimulatedSystem system, Cpu* cpu, ref uint value)
    {
        if (system.Bug == SeededBug.LostWakeup)
        {
            value = system.ParkedValueOf(cpu->Id);
        }
        else if (system.Bug == SeededBug.LockOrderInversion)
        {
            cpu->Current->Process->Lock.Acquire<SimulatedMachine>(cpu, LockRank.Process);
            cpu->Current->Process->Lock.Release<SimulatedMachine>(cpu, LockRank.Process);
        }
    }
}
