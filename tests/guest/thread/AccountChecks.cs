using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>Where the time goes: a thread's runtime is what it ran, and every nanosecond of a CPU is on one
/// account.</summary>
internal static unsafe class AccountChecks
{
    private const long SpinNs = 10_000_000;

    internal static void Run()
    {
        ThreadGroup crew = ThreadGroup.Allocate(1);
        ulong* stop = (ulong*)Memory.Map(sizeof(ulong));
        CheckOwn();
        CheckBlocked(&crew, stop);
        CheckRunning(&crew, stop, 0, "the runtime of a thread that shares this CPU grows");
        if (Program.Cpus > 1)
        {
            CheckRunning(&crew, stop, 1, "the runtime of a thread that runs alone on another CPU grows meanwhile");
        }

        CheckSums();
    }

    private static void Spin(long nanoseconds)
    {
        long end = Clock.Now() + nanoseconds;
        while (Clock.Now() < end)
        {
        }
    }

    private static long Runtime(ulong handle) => (long)Sys.ThreadRuntime(handle).Value;

    private static void CheckOwn()
    {
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        long outerStart = Clock.Now();
        long kernel = (long)Counters.Of(0, Counter.KernelNs);
        long before = Runtime(BootHandle.MainThread);
        long innerStart = Clock.Now();
        Spin(SpinNs);
        long innerEnd = Clock.Now();
        long after = Runtime(BootHandle.MainThread);
        kernel = (long)Counters.Of(0, Counter.KernelNs) - kernel;
        long outerEnd = Clock.Now();
        Report.Check(
            after - before <= outerEnd - outerStart && after - before + kernel >= innerEnd - innerStart,
            "a thread that spins uses the time that passes, but for what interrupts take, and no more");
    }

    private static ulong SpinUntil(ulong stop)
    {
        while (Volatile.Read(ref *(ulong*)stop) == 0)
        {
        }

        return 0;
    }

    private static ulong ParkUntil(ulong stop)
    {
        Spin(1_000_000);
        while (Volatile.Read(ref *(ulong*)stop) == 0)
        {
            Parking.Park(ref *(ulong*)stop, 0);
        }

        return 0;
    }

    private static void CheckBlocked(ThreadGroup* crew, ulong* stop)
    {
        *stop = 0;
        ulong blocks = Counters.Of(0, Counter.VoluntaryBlocks);
        crew->AddAndStartOn(0, &ParkUntil, (ulong)stop);
        while (Counters.Of(0, Counter.VoluntaryBlocks) == blocks)
        {
            Sys.Yield();
        }

        long before = Runtime(crew->Handle(0));
        Sys.SleepUntil(Clock.Now() + SpinNs);
        long after = Runtime(crew->Handle(0));
        Volatile.Write(ref *stop, 1);
        Parking.WakeAll(ref *stop);
        crew->JoinAll();
        Report.Check(before > 0 && after == before, "the runtime of a thread that is blocked stands still");
    }

    private static void CheckRunning(ThreadGroup* crew, ulong* stop, uint cpu, string what)
    {
        *stop = 0;
        crew->AddAndStartOn(cpu, &SpinUntil, (ulong)stop);
        long first = Runtime(crew->Handle(0));
        long last = first;
        for (int i = 0; i < 3; i++)
        {
            long before = last;
            while (last < before + 1_000_000)
            {
                Sys.SleepUntil(Clock.Now() + 1_000_000);
                last = Runtime(crew->Handle(0));
            }
        }

        Volatile.Write(ref *stop, 1);
        Sys.ThreadJoin(crew->Handle(0));
        long end = Runtime(crew->Handle(0));
        crew->JoinAll();
        Report.Check(last >= first + 3_000_000 && end >= last, what);
    }

    // The counters are exact at the moment at which they are read on their own CPU.
    private static void CheckSums()
    {
        ulong* values = stackalloc ulong[(int)Counter.Count];
        bool all = true;
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            Sys.ThreadSetAffinity(BootHandle.MainThread, 1ul << (int)cpu);
            long outerStart = Clock.Now();
            long before = Accounted(cpu, values);
            long innerStart = Clock.Now();
            for (int i = 0; i < 50; i++)
            {
                Sys.SleepUntil(Clock.Now() + 20_000);
                Sys.Yield();
            }

            long innerEnd = Clock.Now();
            long after = Accounted(cpu, values);
            long outerEnd = Clock.Now();
            all &= after - before >= innerEnd - innerStart && after - before <= outerEnd - outerStart;
        }

        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
        Report.Check(all, "runtime, idle and kernel time of each CPU add up to the time that passed, to the nanosecond");
    }

    private static long Accounted(uint cpu, ulong* values)
    {
        Sys.CountersRead(cpu, values, (ulong)Counter.Count);
        return (long)(values[(int)Counter.RuntimeNs] + values[(int)Counter.IdleNs] + values[(int)Counter.KernelNs]);
    }
}
