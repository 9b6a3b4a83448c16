using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Ipc;

/// <summary>The receiver's side: receive, answer, and both at once.</summary>
public static unsafe partial class Ipc<TMachine>
{
    /// <summary><see cref="SystemCall.Receive"/>.</summary>
    public static Error Receive(Cpu* cpu, ulong handles, ulong callAndTag)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!CapabilityLookup<TMachine>.TryFind(cpu, process, (uint)handles, ObjectKind.Endpoint, Rights.Read, out CapabilitySlot* slot))
        {
            return CapabilityLookup<TMachine>.FailLookup(cpu, (uint)handles, ObjectKind.Endpoint);
        }

        Reply* reply = null;
        if (handles >> 32 != 0)
        {
            if (!CapabilityLookup<TMachine>.TryFind(cpu, process, handles >> 32, ObjectKind.Reply, Rights.Write, out CapabilitySlot* replySlot))
            {
                return CapabilityLookup<TMachine>.FailLookup(cpu, handles >> 32, ObjectKind.Reply);
            }

            reply = ReplyOf(cpu, replySlot);
        }

        WaitableObject* endpoint = EndpointOf(cpu, slot);
        endpoint->Queue.Lock.Acquire<TMachine>(cpu, LockRank.Endpoint);
        uint life = 0;
        if (reply != null)
        {
            reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
            life = reply->Header.Generation;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return ReceiveLocked(cpu, endpoint, reply, life, handles, (uint)(callAndTag >> 32), null);
    }

    /// <summary><see cref="SystemCall.Reply"/>.</summary>
    public static Error Reply(Cpu* cpu, ulong handle, ulong callAndTag)
    {
        Thread* server = cpu->Current;
        Error error = DecodeTag(server, (uint)(callAndTag >> 32), out _);
        if (error != Error.None)
        {
            return error;
        }

        Process* process = server->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!CapabilityLookup<TMachine>.TryFind(cpu, process, handle, ObjectKind.Reply, Rights.Write, out CapabilitySlot* slot))
        {
            return CapabilityLookup<TMachine>.FailLookup(cpu, handle, ObjectKind.Reply);
        }

        error = CheckGrantRight(server, handle, (uint)(callAndTag >> 32));
        if (error != Error.None)
        {
            process->Lock.Release<TMachine>(cpu, LockRank.Process);
            return error;
        }

        Reply* reply = ReplyOf(cpu, slot);
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        Thread* caller = TryClaimCaller(cpu, reply);
        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        if (caller == null)
        {
            return Error.BadState;
        }

        StageMessage(server, (uint)(callAndTag >> 32), 0);
        ReplyToCaller(cpu, caller);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Error.None);
    }

    // The current thread's message ends the call of a thread that this CPU has taken out of its reply object. No lock is held.
    private static void ReplyToCaller(Cpu* cpu, Thread* caller)
    {
        CapabilityTransfer transfer;
        MoveMessage(cpu, cpu->Current, caller);
        CaptureCapabilities(cpu->Current, &transfer);
        DeliverCapabilities(cpu, &transfer, caller);
        Waits<TMachine>.CompleteWait(cpu, caller);
    }

    /// <summary><see cref="SystemCall.ReplyReceive"/>.</summary>
    public static Error ReplyReceive(Cpu* cpu, ulong handles, ulong callAndTag)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!CapabilityLookup<TMachine>.TryFind(cpu, process, (uint)handles, ObjectKind.Endpoint, Rights.Read, out CapabilitySlot* slot))
        {
            return CapabilityLookup<TMachine>.FailLookup(cpu, (uint)handles, ObjectKind.Endpoint);
        }

        if (!CapabilityLookup<TMachine>.TryFind(cpu, process, handles >> 32, ObjectKind.Reply, Rights.Write, out CapabilitySlot* replySlot))
        {
            return CapabilityLookup<TMachine>.FailLookup(cpu, handles >> 32, ObjectKind.Reply);
        }

        WaitableObject* endpoint = EndpointOf(cpu, slot);
        Reply* reply = ReplyOf(cpu, replySlot);
        endpoint->Queue.Lock.Acquire<TMachine>(cpu, LockRank.Endpoint);
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return ReplyReceiveLocked(cpu, endpoint, reply, handles, (uint)(callAndTag >> 32));
    }

    // The thread that waits for an answer through a reply object, whose lock is held; null if none does, or not any more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Thread* TryClaimCaller(Cpu* cpu, Reply* reply)
    {
        SpinLock.CheckHeld<TMachine>(&reply->Lock, cpu);
        Thread* caller = reply->Caller;
        if (caller == null)
        {
            return null;
        }

        reply->Caller = null;
        if (!Ownership<TMachine>.TryClaimWaiter(cpu, caller))
        {
            return null;
        }

        caller->WaitingFor = null;
        return caller;
    }

    // Both locks are held, and given back.
    private static Error ReplyReceiveLocked(Cpu* cpu, WaitableObject* endpoint, Reply* reply, ulong handles, uint tag)
    {
        Thread* server = cpu->Current;
        Error error = DecodeTag(server, tag, out _);
        error = error != Error.None ? error : CheckGrantRight(server, handles >> 32, tag);
        if (error != Error.None)
        {
            ReleaseLocks(cpu, endpoint, reply);
            return error;
        }

        Thread* caller = TryClaimCaller(cpu, reply);
        if (caller != null && MessageTag.Capabilities(tag) != 0)
        {
            ReleaseLocks(cpu, endpoint, reply);
            StageMessage(server, tag, 0);
            return ReplyThenReceive(cpu, caller, handles, tag);
        }

        if (caller != null)
        {
            StageMessage(server, tag, 0);
            MoveMessage(cpu, server, caller);
        }

        return ReceiveLocked(cpu, endpoint, reply, reply->Header.Generation, handles, tag & ~MessageTag.WordsMask, caller);
    }

    // An answer with capabilities: they are derived with no lock held, and after that the handles may have gone stale.
    private static Error ReplyThenReceive(Cpu* cpu, Thread* caller, ulong handles, uint tag)
    {
        const uint ofSending = MessageTag.WordsMask | (MessageTag.CapabilitiesMask << MessageTag.CapabilitiesShift);
        ReplyToCaller(cpu, caller);
        Error error = Receive(cpu, handles, (ulong)(tag & ~ofSending) << 32);
        return cpu->ReturnsToContext == 0 ? Scheduler<TMachine>.ReturnAfterWakeups(cpu, error) : error;
    }

    // Takes a message, or waits for one; an answered caller, if there is one, is woken. Both locks are held (of the reply
    // object, if there is one), and given back.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error ReceiveLocked(
        Cpu* cpu, WaitableObject* endpoint, Reply* reply, uint replyGeneration, ulong handles, uint tag, Thread* repliedCaller)
    {
        SpinLock.CheckHeld<TMachine>(&endpoint->Queue.Lock, cpu);
        Thread* receiver = cpu->Current;
        Error error = DecodeTag(receiver, tag, out Instant deadline);
        error = error == Error.None && reply != null && reply->Caller != null ? Error.BadState : error;
        if (error == Error.None && receiver->Ipc.BoundNotification != null && Notifications<TMachine>.TryTakeBoundBits(cpu, receiver))
        {
            ReleaseLocks(cpu, endpoint, reply);
            return FinishReceive(cpu, repliedCaller);
        }

        CapabilityTransfer transfer;
        Thread* sender = error == Error.None ? AcceptFirstSender(cpu, endpoint, reply, &transfer, out error) : null;

        if (sender != null)
        {
            ReleaseLocks(cpu, endpoint, reply);
            DeliverCapabilities(cpu, &transfer, receiver);
            return FinishReceive(cpu, repliedCaller);
        }

        error = error == Error.None && (tag & MessageTag.NoWait) != 0 ? Error.WouldBlock : error;
        if (error != Error.None)
        {
            ReleaseLocks(cpu, endpoint, reply);
            if (repliedCaller != null)
            {
                Waits<TMachine>.CompleteWait(cpu, repliedCaller);
            }

            return Scheduler<TMachine>.ReturnAfterWakeups(cpu, error);
        }

        if (reply != null)
        {
            reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        }

        receiver->Ipc.Reply = reply;
        receiver->Ipc.ReplyGeneration = replyGeneration;
        WaitToReceive(cpu, endpoint, handles, deadline, repliedCaller);
        return Results.AfterBlocking(cpu);
    }

    private static void WaitToReceive(Cpu* cpu, WaitableObject* endpoint, ulong handles, Instant deadline, Thread* repliedCaller)
    {
        Thread* receiver = cpu->Current;
        Notification* bound = receiver->Ipc.BoundNotification;
        if (bound != null)
        {
            Notifications<TMachine>.BeginBoundReceive(cpu, receiver, bound);
        }

        Instant now = Waits<TMachine>.PrepareToBlock(cpu, receiver, deadline);
        Handoff<TMachine>.RequireFullWakeIfCleanupNeeded(receiver);
        BlockOnEndpoint(
            cpu, endpoint, receiver->Process->Handles.SlotOfHandle(handles), handles, IpcRole.Receiving);
        if (bound != null)
        {
            Notifications<TMachine>.RecheckBoundBits(cpu, bound);
        }

        if (repliedCaller != null)
        {
            Waits<TMachine>.CancelWait(cpu, repliedCaller);
            Handoff<TMachine>.WakeAndReschedule(cpu, repliedCaller, now);
        }
        else
        {
            Scheduler<TMachine>.Reschedule(cpu, now);
        }
    }

    // The first sender whose message can be taken; null if there is none, with WouldBlock if there may be. Endpoint and reply
    // object are locked.
    private static Thread* AcceptFirstSender(
        Cpu* cpu, WaitableObject* endpoint, Reply* reply, CapabilityTransfer* transfer, out Error error)
    {
        SpinLock.CheckHeld<TMachine>(&endpoint->Queue.Lock, cpu);
        for (int refused = 0; refused < MaxStaleWaiters; refused++)
        {
            Thread* sender = DequeuePartner(cpu, endpoint, IpcRole.Receiving, out error);
            if (sender == null || TryAcceptSender(cpu, sender, reply, transfer))
            {
                return sender;
            }
        }

        error = Error.WouldBlock;
        return null;
    }

    // A sender's message becomes the current thread's; false if it cannot, and the sender was told. Endpoint and reply object
    // are locked. A caller goes on waiting, for the answer: whoever ends that wait takes the lock of the reply object before it
    // touches the caller, so its message can be moved while that is held.
    private static bool TryAcceptSender(Cpu* cpu, Thread* sender, Reply* reply, CapabilityTransfer* transfer)
    {
        if (sender->Ipc.Role == IpcRole.Sending)
        {
            MoveMessage(cpu, sender, cpu->Current);
            CaptureCapabilities(sender, transfer);
            Waits<TMachine>.CompleteWait(cpu, sender);
            return true;
        }

        if (reply == null)
        {
            Waits<TMachine>.CompleteWait(cpu, sender, Error.NoReply, 0);
            return false;
        }

        SpinLock.CheckHeld<TMachine>(&reply->Lock, cpu);
        sender->WaitingFor = &reply->Header;
        sender->WaitingForKind = ObjectKind.Reply;
        if (!Waits<TMachine>.TryBlockAgain(cpu, sender))
        {
            sender->WaitingFor = null;
            Waits<TMachine>.CompleteWait(cpu, sender, Error.TimedOut, 0);
            return false;
        }

        reply->Caller = sender;
        MoveMessage(cpu, sender, cpu->Current);
        CaptureCapabilities(sender, transfer);
        return true;
    }

    private static void ReleaseLocks(Cpu* cpu, WaitableObject* endpoint, Reply* reply)
    {
        if (reply != null)
        {
            reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        }

        endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
    }

    // The current thread goes on with a message in its context: all of it is loaded, as after a switch.
    private static Error FinishReceive(Cpu* cpu, Thread* repliedCaller)
    {
        if (repliedCaller != null)
        {
            Waits<TMachine>.CompleteWait(cpu, repliedCaller);
        }

        cpu->ReturnsToContext = 1;
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Error.None);
    }
}
