using Lachesis.Abi;
using Lachesis.Core.Check;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Ipc;

/// <summary>The ends of waits that no message ends: of callers, of reply objects, of what is waited at.</summary>
public static unsafe partial class Ipc<TMachine>
{
    /// <summary>A claimed caller waits for its answer no more.</summary>
    public static void UnbindCaller(Cpu* cpu, Thread* caller, Reply* reply)
    {
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        bool bound = reply->Caller == caller;
        SeededBugs.Inject(SeededBug.StaleCaller, ref bound, false);
        if (bound)
        {
            reply->Caller = null;
        }

        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
    }

    /// <summary>The last hold on a reply object is gone: its caller learns that no answer comes. Its slot is free.</summary>
    public static void DestroyReply(Cpu* cpu, Reply* reply)
    {
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        Thread* caller = TryClaimCaller(cpu, reply);

        // Under the lock, so that a receiver that waits with it sees that its life is over before it binds a caller.
        cpu->Kernel->Replies.Free<TMachine>(cpu, reply);
        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        if (caller != null)
        {
            Waits<TMachine>.CompleteWait(cpu, caller, Error.NoReply, 0);
        }
    }

    /// <summary>
    /// The last hold on an endpoint or notification is gone: some of its waiters learn that; whether that was all of them, and
    /// its slot is free.
    /// </summary>
    public static bool TryDestroyWaitable(Cpu* cpu, WaitableObject* waitable)
    {
        for (int i = 0; i < Waits<TMachine>.WakeBatch; i++)
        {
            Thread* waiter = Waits<TMachine>.ClaimFirstWaiter(cpu, &waitable->Queue, null, 0);
            if (waiter == null)
            {
                break;
            }

            Waits<TMachine>.CompleteWait(cpu, waiter, Error.Gone, 0);
        }

        waitable->Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool empty = waitable->Queue.First == null;
        waitable->Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        if (empty)
        {
            cpu->Kernel->PoolOf(waitable->Kind)->Free<TMachine>(cpu, waitable);
        }

        return empty;
    }
}
