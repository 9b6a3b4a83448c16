using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Lifecycle;

/// <summary>
/// How a CPU is told that a thread, which was its own just now, has met its fate. It sees to that at its next interrupt, which
/// is sent along; if the thread has moved on to another CPU meanwhile, that one is summoned. Nobody moves a thread with a fate
/// to a third, so that comes to an end.
/// </summary>
/// <remarks>A lock-free stack that many push to. Only the owner takes something out, so what it sees as the first stays so
/// unless another comes before it.</remarks>
public static unsafe class RemoteStop<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>The most threads that are seen to in one step.</summary>
    public const int MaxPerStep = 32;

    /// <summary>Summons a CPU because of a thread, to which the caller holds a reference. If one is summoned already, that will
    /// do: it takes the mark back before it reads what the caller wrote.</summary>
    public static void Request(Cpu* cpu, Cpu* target, Thread* thread)
    {
        if (TMachine.Exchange(&thread->RemoteStopPending, 1) != 0)
        {
            return;
        }

        References<TMachine>.Take(&thread->Header);
        ulong head = TMachine.Load(&target->RemoteStops);
        while (true)
        {
            thread->RemoteStopNext = (Thread*)head;
            ulong seen = TMachine.CompareExchange(&target->RemoteStops, (ulong)thread, head);
            if (seen == head)
            {
                break;
            }

            head = seen;
        }

        if (target != cpu)
        {
            Wakeups<TMachine>.SendRescheduleIpi(cpu, target);
            return;
        }

        // Its own inbox: the thread may be on its way into that.
        cpu->WorkPending |= (ulong)PendingWork.RemoteStops;
        PreemptionTimer<TMachine>.Arm(cpu);
    }

    /// <summary>Sees to the threads that this CPU was summoned for, at most <see cref="MaxPerStep"/>. In an interrupt.</summary>
    public static void HandleRequests(Cpu* cpu)
    {
        if (WakeInbox<TMachine>.HasAny(cpu))
        {
            Scheduler<TMachine>.DrainInbox(cpu);
        }

        for (int i = 0; i < MaxPerStep; i++)
        {
            Thread* thread = Pop(cpu);
            if (thread == null)
            {
                cpu->WorkPending &= ~(ulong)PendingWork.RemoteStops;
                return;
            }

            TMachine.Exchange(&thread->RemoteStopPending, 0);
            ThreadControl<TMachine>.EnforcePendingStop(cpu, thread);
            References<TMachine>.Drop(cpu, ObjectKind.Thread, thread->Header.Reference);
        }
    }

    private static Thread* Pop(Cpu* cpu)
    {
        ulong head = TMachine.Load(&cpu->RemoteStops);
        while (head != 0)
        {
            ulong seen = TMachine.CompareExchange(&cpu->RemoteStops, (ulong)((Thread*)head)->RemoteStopNext, head);
            if (seen == head)
            {
                break;
            }

            head = seen;
        }

        return (Thread*)head;
    }
}
