using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>A thread that parks once, and what became of that. It must not move while the thread runs.</summary>
internal unsafe struct Parker
{
    /// <summary>What it has not come back with yet.</summary>
    internal const ulong Parked = ulong.MaxValue;

    private const int MaxRounds = 5;

    private ulong* _word;
    private ulong* _tickets;
    private long _deadline;
    private UserThread _thread;
    private ulong _stack;
    private ulong _outcome;
    private ulong _preemptions;

    /// <summary>How many of those that share its tickets came back before it.</summary>
    internal ulong Ticket;

    /// <summary>The CPU on which it came back.</summary>
    internal uint Cpu;

    // Of one that was joined: whether it lost the CPU to others after it had parked.
    private bool _wasPreempted;

    /// <summary>Its handle.</summary>
    internal readonly ulong Thread => _thread.Handle;

    /// <summary>The <see cref="Error"/> that parking gave, or <see cref="Parked"/>.</summary>
    internal ulong Outcome => Volatile.Read(ref _outcome);

    /// <summary>Whether a round, in which so many park and are joined, finds that they came back in the right order. One in which the host
    /// stopped for longer than a quantum, so that somebody's turn ended in the middle, says nothing and is repeated.</summary>
    internal static bool Holds(delegate*<Parker*, ulong*, bool> round, Parker* parkers, ulong* word, uint count)
    {
        bool right = false;
        bool counts = false;
        for (int i = 0; i < MaxRounds && !right && !counts; i++)
        {
            right = round(parkers, word);
            counts = true;
            for (uint parker = 0; parker < count; parker++)
            {
                counts &= !parkers[parker]._wasPreempted;
            }
        }

        return right;
    }

    /// <summary>Starts one on that CPU, with that priority, which parks at <paramref name="word"/> while that is 0, and waits until it
    /// does. Other CPUs it may be moved to later.</summary>
    internal static bool Park(
        Parker* parker, ulong* word, ulong* tickets, uint cpu, uint priority = SchedulingLimits.DefaultPriority, long deadline = 0)
    {
        parker->_word = word;
        parker->_tickets = tickets;
        parker->_deadline = deadline;
        parker->_outcome = Parked;
        parker->_stack = parker->_stack == 0 ? (ulong)Memory.Map(ThreadGroup.StackBytes) + ThreadGroup.StackBytes : parker->_stack;
        Error error = UserThread.Create(&parker->_thread, &ParkOnce, (ulong)parker, parker->_stack);
        Sys.ThreadSetAffinity(parker->Thread, 1ul << (int)cpu);
        Sys.ThreadSetScheduling(BootHandle.Policy, parker->Thread, SchedulingParameter.Priority, priority);
        Sys.ThreadSetScheduling(BootHandle.Policy, parker->Thread, SchedulingParameter.QuantumNs, SchedulingLimits.MaxQuantumNs);
        bool parked = error == Error.None && Sys.ThreadStart(parker->Thread) == Error.None && BlockDetection.WaitUntilThreadBlocks(parker->Thread);
        parker->_preemptions = parker->Preemptions;
        return parked;
    }

    /// <summary>Waits for its end: what its parking gave, or what it was killed with.</summary>
    internal ulong Join()
    {
        Sys.ThreadJoin(Thread);
        _wasPreempted = Preemptions != _preemptions;
        return _thread.Join();
    }

    private readonly ulong Preemptions => Ledgers.OfThread(Thread, out LedgerReading reading) == Error.None ? reading.Sum.Preemptions : 0;

    private static ulong ParkOnce(ulong argument)
    {
        Parker* own = (Parker*)argument;
        Error error = Parking.Park(ref *own->_word, 0, own->_deadline);
        own->Ticket = Interlocked.ExchangeAdd(ref *own->_tickets, 1);
        own->Cpu = Sys.CurrentCpu();
        Volatile.Write(ref own->_outcome, (ulong)error);
        return (ulong)error;
    }
}
