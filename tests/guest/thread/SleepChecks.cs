using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>Sleepers wake when their instant has come: not before, and in the order of their instants.</summary>
internal static unsafe class SleepChecks
{
    private const uint Sleepers = 8;
    private const long LeadNs = 20_000_000;
    private const long StepNs = 2_000_000;
    private const int Rounds = 3;

    private struct Shared
    {
        internal long Base;
        internal ulong Tickets;
        internal ulong Early;
        internal ulong OutOfOrder;
    }

    private struct Sleeper
    {
        internal Shared* Shared;
        internal ulong Place;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        Sleeper* sleepers = (Sleeper*)Memory.Map(Sleepers * (ulong)sizeof(Sleeper));
        CheckAlone();
        CheckEverywhere(shared);
        CheckOrder(shared, sleepers);
    }

    private static void CheckAlone()
    {
        bool past = Sys.SleepUntil(0) == Error.None && Sys.SleepUntil(1) == Error.None
            && Sys.SleepUntil(Clock.Now()) == Error.None;
        Report.Check(past, "a sleep until an instant that has passed ends at once");
        Report.Check(SleepOften(0) == 0, "a sleeper does not wake before its instant");
    }

    // How many sleeps ended early.
    private static ulong SleepOften(ulong seed)
    {
        Lachesis.User.Random random = new(seed);
        ulong early = 0;
        for (int i = 0; i < 100; i++)
        {
            long until = Clock.Now() + (long)random.Below(300_000);
            Sys.SleepUntil(until);
            early += Clock.Now() < until ? 1ul : 0;
        }

        return early;
    }

    private static void CheckEverywhere(Shared* shared)
    {
        uint count = Program.Cpus * 4;
        ThreadGroup crew = ThreadGroup.Allocate(count);
        for (uint i = 0; i < count; i++)
        {
            crew.AddAndStartOn(i % Program.Cpus, &SleepOften, i + 1);
        }

        Report.Check(crew.JoinAll() == 0, "no sleeper on any CPU wakes before its instant");
    }

    // A round in which the host held some thread up until its instant had come, or for a quantum once it was awake, says nothing
    // and is repeated, with twice the time.
    private static void CheckOrder(Shared* shared, Sleeper* sleepers)
    {
        // Under round robin, the order in which threads run is that in which they were woken.
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.RoundRobin);
        ThreadGroup crew = ThreadGroup.Allocate(Sleepers);
        ulong early = 0;
        ulong outOfOrder = 0;
        long lead = LeadNs;
        int good = 0;
        while (good < Rounds && early == 0 && outOfOrder == 0)
        {
            bool counts = SleepTogether(shared, sleepers, &crew, lead);
            early += shared->Early;
            outOfOrder += counts ? shared->OutOfOrder : 0;
            good += counts ? 1 : 0;
            lead *= counts ? 1 : 2;
        }

        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.Fair);
        Report.Check(early == 0 && outOfOrder == 0, "several sleepers of one CPU wake in the order of their instants");
    }

    // Whether each of them slept, and ran on undisturbed afterwards.
    private static bool SleepTogether(Shared* shared, Sleeper* sleepers, ThreadGroup* crew, long lead)
    {
        *shared = default;
        shared->Base = Clock.Now() + lead;
        for (uint i = 0; i < Sleepers; i++)
        {
            sleepers[i].Shared = shared;
            sleepers[i].Place = (i * 5) % Sleepers;
            crew->AddAndStartOn(0, &SleepInOrder, (ulong)&sleepers[i]);
        }

        bool counts = true;
        for (uint i = 0; i < Sleepers; i++)
        {
            Sys.ThreadJoin(crew->Handle(i));
            Error error = Ledgers.OfThread(crew->Handle(i), out LedgerReading ledger);
            counts &= error == Error.None && ledger.Sum.VoluntaryBlocks == 1 && ledger.Sum.Preemptions == 0;
        }

        crew->JoinAll();
        return counts;
    }

    private static ulong SleepInOrder(ulong argument)
    {
        Sleeper* own = (Sleeper*)argument;
        Shared* shared = own->Shared;
        long until = shared->Base + ((long)own->Place * StepNs);
        Sys.SleepUntil(until);
        ulong ticket = Interlocked.ExchangeAdd(ref shared->Tickets, 1);
        if (ticket != own->Place)
        {
            Interlocked.ExchangeAdd(ref shared->OutOfOrder, 1);
        }

        if (Clock.Now() < until)
        {
            Interlocked.ExchangeAdd(ref shared->Early, 1);
        }

        return 0;
    }
}
