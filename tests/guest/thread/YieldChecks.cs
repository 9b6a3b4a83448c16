using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>A thread that yields lets the others of its CPU run, each in its turn.</summary>
internal static unsafe class YieldChecks
{
    private const uint Threads = 3;
    private const int Turns = 2_000;

    private struct Shared
    {
        internal ulong Arrived;
        internal ulong Numbered;
        internal ulong Last;
        internal ulong OutOfTurn;
        internal ulong Left;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        ThreadGroup crew = ThreadGroup.Allocate(Threads);
        uint cpu = Program.Cpus - 1;

        // Under fair, who was kept from yielding for longer than its request would have to sit out a turn.
        Sys.PolicySet(BootHandle.Policy, 1ul << (int)cpu, SchedulingPolicy.RoundRobin);
        ulong preemptions = Counters.Of(cpu, Counter.Preemptions);
        for (uint i = 0; i < Threads; i++)
        {
            crew.AddAndStartOn(cpu, &TakeTurns, (ulong)shared);
        }

        ulong turns = crew.JoinAll();
        preemptions = Counters.Of(cpu, Counter.Preemptions) - preemptions;
        Sys.PolicySet(BootHandle.Policy, 1ul << (int)cpu, SchedulingPolicy.Fair);
        Report.Check(turns == Threads * Turns, "threads of one CPU that yield to each other all come to their end");

        // A slice that ends between the turn and the yield makes two turns of it, on either side.
        Report.Check(shared->OutOfTurn <= preemptions * 2, "threads of one CPU that yield run in turn");
    }

    // Number 0 stands after the last one. Turns count from when all have come until the first one leaves. Numbers are given in the
    // order in which they stand once all have come: when each came depends on how fast they were started.
    private static ulong TakeTurns(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        Interlocked.ExchangeAdd(ref shared->Arrived, 1);
        while (Volatile.Read(ref shared->Arrived) < Threads)
        {
            Sys.Yield();
        }

        ulong number = Interlocked.ExchangeAdd(ref shared->Numbered, 1);
        ulong before = number == 0 ? Threads - 1 : number - 1;
        ulong turns = 0;
        for (; turns < Turns; turns++)
        {
            bool counts = turns > 1 && Volatile.Read(ref shared->Left) == 0;
            if (counts && shared->Last != before)
            {
                shared->OutOfTurn++;
            }

            shared->Last = number;
            Sys.Yield();
        }

        Volatile.Write(ref shared->Left, 1);
        return turns;
    }
}
