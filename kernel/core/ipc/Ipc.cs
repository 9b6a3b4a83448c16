using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Ipc;

/// <summary>
/// Passing messages. A sender and a receiver meet at an endpoint: whoever comes second finds the first in the endpoint's
/// queue, claims it, and moves the message. Nothing is copied anywhere between: a message goes from the registers and the
/// buffer of the one to those of the other.
/// </summary>
/// <remarks>
/// Locks are coupled on the way from a handle to what it names: the object's is taken before the process's is given back, so
/// an object that was found cannot be destroyed before it is done with, and nothing has to be counted. Parameters of system
/// calls stand in the order of the entry's registers (<see cref="Entry.SystemCalls{TMachine}.Invoke"/>).
/// </remarks>
public static unsafe partial class Ipc<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>How many waiters whose capability is gone one call passes over before it gives up with <see
    /// cref="Error.WouldBlock"/>: a bound on the call's length.</summary>
    public const int MaxStaleWaiters = 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static WaitableObject* EndpointOf(Cpu* cpu, CapabilitySlot* slot) =>
        (WaitableObject*)cpu->Kernel->Endpoints.At(slot->Object.Index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Reply* ReplyOf(Cpu* cpu, CapabilitySlot* slot) =>
        (Reply*)cpu->Kernel->Replies.At(slot->Object.Index);

    // Whether a thread that waits at an endpoint still has the capability through which it came.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HoldsWaitCapability(Thread* waiter) =>
        TMachine.Load(&waiter->Ipc.WaitSlot->Handle) == waiter->Ipc.WaitHandle;

    // Whether a tag is within bounds for a thread, and its deadline.
    private static Error DecodeTag(Thread* thread, uint tag, out Instant deadline)
    {
        deadline = Instant.Never;
        if ((tag & ~MessageTag.Settable) != 0 || MessageTag.Words(tag) > IpcBuffer.MaxWords
            || MessageTag.Capabilities(tag) > IpcBuffer.MaxCapabilities)
        {
            return Error.BadArgument;
        }

        bool needsBuffer = MessageTag.Words(tag) > IpcBuffer.RegisterWords || MessageTag.Capabilities(tag) != 0
            || (tag & MessageTag.HasDeadline) != 0;
        if (needsBuffer && thread->Ipc.Buffer == null)
        {
            return Error.BadState;
        }

        if ((tag & MessageTag.HasDeadline) != 0)
        {
            ulong until = thread->Ipc.Buffer->Deadline;
            deadline = new Instant((long)until);
            return until > long.MaxValue ? Error.BadArgument : Error.None;
        }

        return Error.None;
    }

    // The current thread, charged and out of the CPU's books, waits at an endpoint whose lock is held; given back here.
    private static void BlockOnEndpoint(Cpu* cpu, WaitableObject* endpoint, CapabilitySlot* slot, ulong handle, IpcRole role)
    {
        SpinLock.CheckHeld<TMachine>(&endpoint->Queue.Lock, cpu);
        Thread* thread = cpu->Current;
        thread->Ipc.WaitSlot = slot;
        thread->Ipc.WaitHandle = (uint)handle;
        thread->Ipc.Role = role;
        if (role != IpcRole.Receiving || thread->Ipc.ReceiveCache.Handles != handle)
        {
            thread->Ipc.ReceiveCache.Handles = 0;
            thread->Ipc.ReceiveCache.Endpoint = null;
        }

        thread->WaitingIn = &endpoint->Queue;
        if (role == IpcRole.Receiving)
        {
            endpoint->Queue.InsertByPriority(thread);
        }
        else
        {
            thread->Ipc.Reply = null;
            endpoint->Queue.InsertByDeadline(thread);
        }

        cpu->Current = null;
        Ownership<TMachine>.SetLocationHere(cpu, thread, ThreadLocation.Running, ThreadLocation.Blocked);
        endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
    }

    // Claims a waiter of an endpoint, whose lock is held, and takes it out of the queue; false: someone else did.
    private static bool TryDequeueWaiter(Cpu* cpu, WaitableObject* endpoint, Thread* waiter)
    {
        SpinLock.CheckHeld<TMachine>(&endpoint->Queue.Lock, cpu);
        if (!Ownership<TMachine>.TryClaimWaiter(cpu, waiter))
        {
            return false;
        }

        endpoint->Queue.Remove(waiter);
        waiter->WaitingIn = null;
        return true;
    }

    // The first in the queue that waits for somebody in this role, taken out of it; null if nobody does, with NoReply if a
    // call finds a receiver that can bind no caller. Waiters whose capability is gone learn so. The endpoint's lock is held.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Thread* DequeuePartner(Cpu* cpu, WaitableObject* endpoint, IpcRole role, out Error error)
    {
        SpinLock.CheckHeld<TMachine>(&endpoint->Queue.Lock, cpu);
        error = Error.None;
        Thread* waiter = endpoint->Queue.First;
        for (int stale = 0; stale < MaxStaleWaiters;)
        {
            if (waiter == null)
            {
                return null;
            }

            Thread* next = waiter->QueueNext;
            error = MatchRoles(waiter, role, out bool meets);
            if (!meets && IsStillBlocked(waiter))
            {
                return null;
            }

            error = Error.None;
            if (meets && TryDequeueWaiter(cpu, endpoint, waiter))
            {
                if (HoldsWaitCapability(waiter) && WasSlotReadValid(cpu, waiter))
                {
                    return waiter;
                }

                Waits<TMachine>.CompleteWait(cpu, waiter, Error.StaleHandle, 0);
                stale++;
            }

            waiter = next;
        }

        error = Error.WouldBlock;
        return null;
    }

    // Whether a waiter is one for somebody who comes in this role; if not, the error that tells so, if there is one.
    private static Error MatchRoles(Thread* waiter, IpcRole role, out bool isMatch)
    {
        isMatch = (waiter->Ipc.Role == IpcRole.Receiving) != (role == IpcRole.Receiving);
        if (!isMatch || role != IpcRole.Calling || waiter->Ipc.Reply != null || !HoldsWaitCapability(waiter))
        {
            return Error.None;
        }

        isMatch = false;
        return Error.NoReply;
    }

    // Whether a thread that was seen in a queue whose lock is held is still to be had. One that was claimed is on its way out,
    // and must not keep those behind it from meeting: it may be the last of its kind here.
    private static bool IsStillBlocked(Thread* waiter) =>
        new ThreadState(TMachine.Load(&waiter->StateWord)).Location == ThreadLocation.Blocked;
}
