using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Lifecycle;

/// <summary>
/// Requests of other CPUs to stop threads that this one owned a moment ago (seL4: remote TCB stall). A CPU handles its requests at
/// its next interrupt, which the request sends; if the thread has moved to another CPU meanwhile, it passes the request on. No CPU
/// starts to run a thread with a pending stop, so that ends.
/// </summary>
/// <remarks>A lock-free stack that many push to. Only the owner takes something out, so what it sees as the first stays so
/// unless another comes before it.</remarks>
public static unsafe class RemoteStop<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>The most threads that are seen to in one step.</summary>
    public const int MaxPerStep = 32;

    /// <summary>Asks a CPU to stop a thread, to which the caller holds a reference. One request that is pending already is enough:
    /// its CPU clears the mark before it reads what the caller wrote.</summary>
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

    /// <summary>Handles the requests that this CPU has received, at most <see cref="MaxPerStep"/>. In an interrupt.</summary>
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
