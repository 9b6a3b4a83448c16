using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>What threads do is counted, exactly, each time.</summary>
internal static unsafe class CountChecks
{
    private const uint Sleeps = 25;
    private const uint Parks = 15;
    private const uint Misses = 10;
    private const uint Yields = 1_000;

    private static uint LastCpu => Program.Cpus - 1;

    internal static void Run()
    {
        ThreadGroup crew = ThreadGroup.Allocate(2);
        crew.AddAndStartOn(LastCpu, &Block, 0);
        LedgerSum blocker = End(&crew, 0);
        crew.JoinAll();

        // In the host's time an instant may have come before its wait began.
        Report.Check(
            blocker.VoluntaryBlocks <= Sleeps + Parks && blocker.Yields == 0
                && (!Program.CountsInstructions || blocker.VoluntaryBlocks == Sleeps + Parks),
            "every sleep and every park is one voluntary block, and one that did not happen is none");
        Report.Check(
            blocker.Switches == 1 + blocker.VoluntaryBlocks + blocker.Preemptions && blocker.Migrations == 0,
            "a thread is switched to once when it starts, and once after each block and preemption");

        // In turn, whatever else the host does: under fair a thread that ran for long, as the host let it, is passed over.
        ulong together = 0;
        Sys.PolicySet(BootHandle.Policy, 1ul << (int)LastCpu, SchedulingPolicy.RoundRobin);
        crew.AddAndStartOn(LastCpu, &TakeTurns, (ulong)&together);
        crew.AddAndStartOn(LastCpu, &TakeTurns, (ulong)&together);
        LedgerSum one = End(&crew, 0);
        LedgerSum other = End(&crew, 1);
        crew.JoinAll();
        Sys.PolicySet(BootHandle.Policy, 1ul << (int)LastCpu, SchedulingPolicy.Fair);
        Report.Check(one.Yields >= Yields && other.Yields >= Yields, "every yield is counted");
        Report.Check(
            IsConsistent(one) && IsConsistent(other) && one.VoluntaryBlocks == 0 && other.VoluntaryBlocks == 0,
            "threads that yield to each other are switched to no more often than they yield and are preempted");
        Report.Check(
            one.Switches + 2 + one.Preemptions + other.Preemptions >= Yields && one.Switches + 2 >= other.Yields - YieldsWithoutSwitch(other),
            "and every yield to another is a switch");
    }

    private static LedgerSum End(ThreadGroup* crew, uint member)
    {
        Sys.ThreadJoin(crew->Handle(member));
        return Meter.Of(crew->Handle(member)).Sum;
    }

    private static bool IsConsistent(LedgerSum sum) => sum.Switches <= 1 + sum.Yields + sum.Preemptions && sum.Migrations == 0;

    // Yields while the other one was not there yet, or no more.
    private static ulong YieldsWithoutSwitch(LedgerSum sum) => sum.Yields - Yields;

    private static ulong Block(ulong argument)
    {
        ulong word = 0;
        for (uint i = 0; i < Sleeps; i++)
        {
            Sys.SleepUntil(Clock.Now() + 50_000);
        }

        for (uint i = 0; i < Parks; i++)
        {
            Parking.Park(ref word, 0, Clock.Now() + 50_000);
        }

        for (uint i = 0; i < Misses; i++)
        {
            Parking.Park(ref word, 1);
        }

        return argument;
    }

    private static ulong TakeTurns(ulong argument)
    {
        ulong* together = (ulong*)argument;
        Interlocked.ExchangeAdd(ref *together, 1);
        while (Volatile.Read(ref *together) < 2)
        {
            Sys.Yield();
        }

        for (uint i = 0; i < Yields; i++)
        {
            Sys.Yield();
        }

        return 0;
    }
}
