using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Smoke;

/// <summary>A thread that is preempted at any instruction goes on with all registers, vector registers too, as they
/// were.</summary>
internal static unsafe class VectorChecks
{
    private const uint ThreadsPerCpu = 3;
    private const ulong Turns = 200_000;
    private const ulong WantedPreemptions = 30;

    private struct Shared
    {
        internal ulong Stop;
        internal ulong Probes;
    }

    private struct Probe
    {
        internal Shared* Shared;
        internal ulong Seed;
    }

    internal static void Run()
    {
        uint count = ThreadsPerCpu * Program.Cpus;
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        Probe* probes = (Probe*)Memory.Map(count * (ulong)sizeof(Probe));
        ulong* before = stackalloc ulong[Platform.MaxCpus];
        ThreadGroup crew = ThreadGroup.Allocate(count);
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            before[cpu] = Counters.Of(cpu, Counter.Preemptions);
        }

        for (uint i = 0; i < count; i++)
        {
            probes[i].Shared = shared;
            probes[i].Seed = (i + 1) * 0x0101_0101_0101_0000ul;
            crew.AddAndStartOn(i / ThreadsPerCpu, &ProbeUntilStopped, (ulong)&probes[i]);
        }

        WaitForPreemptions(before);
        Volatile.Write(ref shared->Stop, 1);
        ulong changed = crew.JoinAll();
        Report.Check(
            shared->Probes >= count, "threads that fill all registers, and are preempted many times on every CPU, compare them");
        Report.Check(changed == 0, "no register of any of them ever changed");
    }

    private static void WaitForPreemptions(ulong* before)
    {
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            while (Counters.Of(cpu, Counter.Preemptions) < before[cpu] + WantedPreemptions)
            {
                Sys.SleepUntil(Clock.Now() + 1_000_000);
            }
        }
    }

    private static ulong ProbeUntilStopped(ulong argument)
    {
        Probe* probe = (Probe*)argument;
        ulong changed = 0;
        do
        {
            changed |= Stubs.VectorProbe(probe->Seed, Turns);
            Interlocked.ExchangeAdd(ref probe->Shared->Probes, 1);
        }
        while (Volatile.Read(ref probe->Shared->Stop) == 0);

        return changed;
    }
}
