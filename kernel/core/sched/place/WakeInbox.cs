using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Place;

/// <summary>
/// How a CPU hands a runnable thread to another: a lock-free stack that many push and only the owner empties. Emptying takes
/// the whole stack at once, so there is no ABA; it is then turned round, so that who came first goes first.
/// </summary>
public static unsafe class WakeInbox<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Gives a claimed thread to <paramref name="target"/>. The thread is the target's from the exchange on. A full fence:
    /// what the pusher reads afterwards of the target's flags is no older than the push.
    /// </summary>
    public static void Push(Cpu* cpu, Cpu* target, Thread* thread)
    {
        Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Inbox, target->Id);
        ulong head = TMachine.Load(&target->Inbox);
        while (true)
        {
            thread->QueueNext = (Thread*)head;
            ulong seen = TMachine.CompareExchange(&target->Inbox, (ulong)thread, head);
            if (seen == head)
            {
                return;
            }

            head = seen;
        }
    }

    /// <summary>Whether something was pushed. Owner only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasAny(Cpu* cpu) => TMachine.Load(&cpu->Inbox) != 0;

    /// <summary>Takes all, oldest first, linked by QueueNext; null if none. Owner only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Thread* TakeAll(Cpu* cpu)
    {
        Thread* newest = (Thread*)TMachine.Exchange(&cpu->Inbox, 0);
        Thread* oldest = null;
        while (newest != null)
        {
            Thread* next = newest->QueueNext;
            newest->QueueNext = oldest;
            oldest = newest;
            newest = next;
        }

        return oldest;
    }
}
