using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Ipc;

/// <summary>The sender's side: send, and call, which also waits for the answer.</summary>
public static unsafe partial class Ipc<TMachine>
{
    /// <summary><see cref="SystemCall.Send"/>.</summary>
    public static Error Send(Cpu* cpu, ulong handle, ulong callAndTag) => SendAs(cpu, IpcRole.Sending, handle, callAndTag);

    /// <summary><see cref="SystemCall.Call"/>.</summary>
    public static Error Call(Cpu* cpu, ulong handle, ulong callAndTag) => SendAs(cpu, IpcRole.Calling, handle, callAndTag);

    private static Error SendAs(Cpu* cpu, IpcRole role, ulong handle, ulong callAndTag)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!CapabilityLookup<TMachine>.TryFind(cpu, process, handle, ObjectKind.Endpoint, Rights.Write, out CapabilitySlot* slot))
        {
            return CapabilityLookup<TMachine>.FailLookup(cpu, handle, ObjectKind.Endpoint);
        }

        uint tag = (uint)(callAndTag >> 32);
        Error error = DecodeTag(cpu->Current, tag, out Instant deadline);
        error = error != Error.None ? error : CheckGrantRight(cpu->Current, handle, tag);
        if (error != Error.None)
        {
            process->Lock.Release<TMachine>(cpu, LockRank.Process);
            return error;
        }

        StageMessage(cpu->Current, tag, slot->Badge);
        WaitableObject* endpoint = EndpointOf(cpu, slot);
        endpoint->Queue.Lock.Acquire<TMachine>(cpu, LockRank.Endpoint);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return SendLocked(cpu, endpoint, handle, role, deadline);
    }

    // Sends the current thread's staged message to the first receiver, or blocks until there is one. The caller has decoded the
    // tag. The endpoint's lock is held, and released here.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error SendLocked(Cpu* cpu, WaitableObject* endpoint, ulong handle, IpcRole role, Instant deadline)
    {
        SpinLock.CheckHeld<TMachine>(&endpoint->Queue.Lock, cpu);
        Thread* sender = cpu->Current;
        uint tag = (uint)sender->Context.Rdi;
        Thread* receiver = DequeuePartner(cpu, endpoint, role, out Error error);
        if (receiver == null)
        {
            error = error == Error.None && (tag & MessageTag.NoWait) != 0 ? Error.WouldBlock : error;
            if (error == Error.None)
            {
                return WaitToSend(cpu, endpoint, sender->Process->Handles.SlotOfHandle(handle), handle, role, deadline);
            }

            endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
            return Scheduler<TMachine>.ReturnAfterWakeups(cpu, error);
        }

        endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
        return DeliverToReceiver(cpu, receiver, role, deadline);
    }

    private static Error WaitToSend(
        Cpu* cpu, WaitableObject* endpoint, CapabilitySlot* slot, ulong handle, IpcRole role, Instant deadline)
    {
        Thread* sender = cpu->Current;
        Instant now = Waits<TMachine>.PrepareToBlock(cpu, sender, deadline);
        sender->CappedDeadline = Instant.Earlier(deadline, now + WaitQueue.DeadlineAgeCap);
        Handoff<TMachine>.RequireFullWakeIfCleanupNeeded(sender);
        BlockOnEndpoint(cpu, endpoint, slot, handle, role);
        Scheduler<TMachine>.Reschedule(cpu, now);
        return Results.AfterBlocking(cpu);
    }

    // To a receiver that this CPU has taken out of its wait.
    private static Error DeliverToReceiver(Cpu* cpu, Thread* receiver, IpcRole role, Instant deadline)
    {
        Thread* sender = cpu->Current;
        CapabilityTransfer transfer;
        MoveMessage(cpu, sender, receiver);
        CaptureCapabilities(sender, &transfer);
        if (role == IpcRole.Calling)
        {
            Instant now = Waits<TMachine>.PrepareToBlock(cpu, sender, deadline);
            AwaitReply(cpu, sender, receiver, &transfer, now);
            return Results.AfterBlocking(cpu);
        }

        DeliverCapabilities(cpu, &transfer, receiver);
        Waits<TMachine>.CompleteWait(cpu, receiver);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Error.None);
    }

    // The current thread, charged and out of the CPU's books, waits to be answered through the receiver's reply object, and
    // the receiver, claimed and with the message in its context, runs.
    private static void AwaitReply(Cpu* cpu, Thread* caller, Thread* receiver, CapabilityTransfer* transfer, Instant now)
    {
        Handoff<TMachine>.RequireFullWakeIfCleanupNeeded(caller);
        if (!TryBindReply(cpu, caller, receiver))
        {
            ReleaseTransfer(cpu, transfer);
            FailUnboundCall(cpu, caller, receiver, now);
            return;
        }

        DeliverCapabilities(cpu, transfer, receiver);
        Waits<TMachine>.CancelWait(cpu, receiver);
        Handoff<TMachine>.WakeAndReschedule(cpu, receiver, now);
    }

    // The caller, which runs here no more, is bound to the receiver's reply object and blocked; false, and it still is this
    // CPU's current thread, if that object's life is over or it has a caller.
    private static bool TryBindReply(Cpu* cpu, Thread* caller, Thread* receiver)
    {
        Reply* reply = receiver->Ipc.Reply;
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        bool free = CanBindReply(reply, receiver);
        if (free)
        {
            BindReply(cpu, reply, caller);
        }

        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        return free;
    }

    // Whether a reply object, which is locked, is still the one that a receiver named, and nobody's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool CanBindReply(Reply* reply, Thread* receiver) =>
        reply->Header.Generation == receiver->Ipc.ReplyGeneration && reply->Caller == null;

    // The current thread, charged and out of the CPU's books, waits in a reply object, which is locked.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BindReply(Cpu* cpu, Reply* reply, Thread* caller)
    {
        SpinLock.CheckHeld<TMachine>(&reply->Lock, cpu);
        reply->Caller = caller;
        caller->WaitingFor = &reply->Header;
        caller->WaitingForKind = ObjectKind.Reply;
        cpu->Current = null;
        Ownership<TMachine>.SetLocationHere(cpu, caller, ThreadLocation.Running, ThreadLocation.Blocked);
    }

    // The reply object was deleted, or bound through another receiver, while this one waited: neither side gets its way.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FailUnboundCall(Cpu* cpu, Thread* caller, Thread* receiver, Instant now)
    {
        cpu->Current = null;
        Ownership<TMachine>.SetLocation(cpu, caller, ThreadLocation.Claimed, cpu->Id);
        Waits<TMachine>.CompleteWait(cpu, receiver, Error.BadState, 0);
        Waits<TMachine>.CompleteWait(cpu, caller, Error.NoReply, 0);
        Scheduler<TMachine>.Reschedule(cpu, now);
    }
}
