using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Ipc;

/// <summary>The ends of waits that no message ends: of callers, of reply objects, of what is waited at.</summary>
public static unsafe partial class Ipc<TMachine>
{
    /// <summary>A claimed caller waits for its answer no more.</summary>
    public static void Forget(Cpu* cpu, Thread* caller, Reply* reply)
    {
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        bool bound = reply->Caller == caller;
        SeededBugs.Alter(SeededBug.UnforgottenCaller, ref bound, false);
        if (bound)
        {
            reply->Caller = null;
        }

        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
    }

    /// <summary>The last hold on a reply object is gone: its caller learns that no answer comes. Its slot is free.</summary>
    public static void Destroy(Cpu* cpu, Reply* reply)
    {
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        Thread* caller = TakeCaller(cpu, reply);

        // Under the lock, so that a receiver that waits with it sees that its life is over before it binds a caller.
        cpu->Kernel->Replies.Free<TMachine>(cpu, reply);
        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        if (caller != null)
        {
            Waits<TMachine>.Finish(cpu, caller, Error.NoReply, 0);
        }
    }

    /// <summary>
    /// The last hold on an endpoint or notification is gone: some of its waiters learn that; whether that was all of them, and
    /// its slot is free.
    /// </summary>
    public static bool TryDestroy(Cpu* cpu, MeetingPoint* point)
    {
        for (int i = 0; i < Waits<TMachine>.WakeBatch; i++)
        {
            Thread* waiter = Waits<TMachine>.ClaimFirst(cpu, &point->Queue, null, 0);
            if (waiter == null)
            {
                break;
            }

            Waits<TMachine>.Finish(cpu, waiter, Error.Gone, 0);
        }

        point->Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool empty = point->Queue.First == null;
        point->Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        if (empty)
        {
            cpu->Kernel->PoolOf(point->Kind)->Free<TMachine>(cpu, point);
        }

        return empty;
    }
}
