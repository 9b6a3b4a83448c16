using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>No CPU stays idle while another one has threads waiting that it may run.</summary>
internal static unsafe class SpreadChecks
{
    private struct Shared
    {
        internal ulong Seen;
        internal ulong Stop;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        ThreadGroup crew = ThreadGroup.Allocate(Program.Cpus + 1);
        ulong all = Program.Start->CpuMask;
        ulong steals = Counters.Sum(Counter.StealsWon);
        for (int round = 0; round < 5; round++)
        {
            *shared = default;
            StartOnOneCpu(&crew, shared);

            // Were one left idle for good, this would never end.
            while (Volatile.Read(ref shared->Seen) != all)
            {
                Sys.SleepUntil(Clock.Now() + 100_000);
            }

            Volatile.Write(ref shared->Stop, 1);
            crew.JoinAll();
        }

        Report.Check(
            Program.Cpus == 1 || Counters.Sum(Counter.StealsWon) > steals,
            "threads that may run anywhere, but wait for one CPU, are taken by those that idle");
    }

    // All of them on CPU 0, and only then free to go anywhere.
    private static void StartOnOneCpu(ThreadGroup* crew, Shared* shared)
    {
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        for (uint i = 0; i <= Program.Cpus; i++)
        {
            crew->AddAndStartOn(0, &SayWhere, (ulong)shared);
        }

        for (uint i = 0; i <= Program.Cpus; i++)
        {
            Sys.ThreadSetAffinity(crew->Handle(i), ulong.MaxValue);
        }

        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
    }

    private static ulong SayWhere(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        while (Volatile.Read(ref shared->Stop) == 0)
        {
            ulong own = 1ul << (int)Sys.CurrentCpu();
            ulong seen = Volatile.Read(ref shared->Seen);
            if ((seen & own) == 0)
            {
                Interlocked.CompareExchange(ref shared->Seen, seen | own, seen);
            }
        }

        return 0;
    }
}
