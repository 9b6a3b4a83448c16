using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>The time of each CPU is on one account or another, with threads that run, block and yield there.</summary>
internal static unsafe class CpuChecks
{
    private const int Rounds = 40;

    internal static void Run()
    {
        bool all = true;
        ThreadGroup crew = ThreadGroup.Allocate(2);
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            // Read on the CPU itself, its counters reach to that moment.
            Sys.ThreadSetAffinity(BootHandle.MainThread, 1ul << (int)cpu);
            long outerStart = Clock.Now();
            long before = Meter.Accounted(cpu);
            long innerStart = Clock.Now();
            crew.AddAndStartOn(cpu, &Work, 0);
            crew.AddAndStartOn(cpu, &Work, 0);
            Work(0);
            crew.JoinAll();
            long innerEnd = Clock.Now();
            long after = Meter.Accounted(cpu);
            long outerEnd = Clock.Now();
            all &= after - before >= innerEnd - innerStart && after - before <= outerEnd - outerStart;
        }

        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        Report.Check(all, "threads' time, idle and the kernel's add up to the time of each CPU, to the nanosecond");
    }

    private static ulong Work(ulong argument)
    {
        for (int i = 0; i < Rounds; i++)
        {
            Meter.Spin(30_000);
            Sys.Yield();
            Sys.SleepUntil(Clock.Now() + 20_000);
        }

        return argument;
    }
}
