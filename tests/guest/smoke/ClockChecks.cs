using System.Threading;
using Lachesis.User;

namespace Lachesis.Smoke;

/// <summary>The clock never goes back: not on one CPU, and not from one CPU to another.</summary>
internal static unsafe class ClockChecks
{
    private const int Readings = 20_000;
    private const uint MaxRounds = 2_000;

    // Each time the stamp is handed on, all others wake to look whose turn it is.
    private const uint Wakes = 128_000;

    private struct Shared
    {
        internal ulong Latest;
        internal ulong Token;
        internal ulong Stamp;
        internal ulong Cpus;
        internal ulong Rounds;
    }

    private static uint Rounds
    {
        get
        {
            uint rounds = Wakes / (Program.Cpus * Program.Cpus);
            return rounds < MaxRounds ? rounds : MaxRounds;
        }
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        shared->Cpus = Program.Cpus;
        shared->Rounds = Rounds;
        ThreadGroup crew = ThreadGroup.Allocate(Program.Cpus);
        Report.Check(OnEveryCpu(&crew, &ReadAlone, shared) == 0, "the clock never goes back on one CPU");
        Report.Check(OnEveryCpu(&crew, &ReadTogether, shared) == 0, "no CPU reads a time before one that another has seen");
        Report.Check(OnEveryCpu(&crew, &PassOn, shared) == 0, "a time stamp handed from CPU to CPU is never in the future");
        Report.Check(shared->Token == Program.Cpus * (ulong)Rounds, "the time stamp went round as often as it should");
    }

    private static ulong OnEveryCpu(ThreadGroup* crew, delegate*<ulong, ulong> function, Shared* shared)
    {
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            crew->AddAndStartOn(cpu, function, (ulong)shared);
        }

        return crew->Count == Program.Cpus ? crew->JoinAll() : ulong.MaxValue;
    }

    // How often time went back.
    private static ulong ReadAlone(ulong unused)
    {
        ulong back = 0;
        long before = Clock.Now();
        for (int i = 0; i < Readings; i++)
        {
            long now = Clock.Now();
            back += now < before ? 1ul : 0;
            before = now;
        }

        return back;
    }

    private static ulong ReadTogether(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        ulong back = 0;
        for (int i = 0; i < Readings; i++)
        {
            ulong seen = Volatile.Read(ref shared->Latest);
            ulong now = (ulong)Clock.Now();
            back += now < seen ? 1ul : 0;
            if (now > seen)
            {
                Interlocked.CompareExchange(ref shared->Latest, now, seen);
            }
        }

        return back;
    }

    // The token says whose turn it is; whoever has it compares the stamp with its own clock and writes a new one.
    private static ulong PassOn(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        ulong own = Sys.CurrentCpu();
        ulong back = 0;
        for (ulong round = 0; round < shared->Rounds; round++)
        {
            ulong turn = (round * shared->Cpus) + own;
            ulong token = Volatile.Read(ref shared->Token);
            while (token != turn)
            {
                Parking.Park(ref shared->Token, token);
                token = Volatile.Read(ref shared->Token);
            }

            back += (ulong)Clock.Now() < shared->Stamp ? 1ul : 0;
            shared->Stamp = (ulong)Clock.Now();
            Volatile.Write(ref shared->Token, turn + 1);
            Parking.WakeAll(ref shared->Token);
        }

        return back;
    }
}
