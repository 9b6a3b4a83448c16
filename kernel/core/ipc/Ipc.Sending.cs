using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Ipc;

/// <summary>The sender's side: send, and call, which also waits for the answer.</summary>
public static unsafe partial class Ipc<TMachine>
{
    /// <summary><see cref="SystemCall.Send"/>.</summary>
    public static Error Send(Cpu* cpu, ulong handle, ulong w0, ulong call, ulong w1, ulong w2) =>
        SendAs(cpu, IpcRole.Sending, handle, w0, call, w1, w2);

    /// <summary><see cref="SystemCall.Call"/>. The common case stands here whole: a short message, and a receiver that
    /// waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Error Call(Cpu* cpu, ulong handle, ulong w0, ulong call, ulong w1, ulong w2)
    {
        Thread* caller = cpu->Current;
        Process* process = caller->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!TryFind(process, handle, ObjectKind.Endpoint, Rights.Write, out CapabilitySlot* slot))
        {
            return Refuse(cpu, handle, ObjectKind.Endpoint);
        }

        ulong badge = slot->Badge;
        MeetingPoint* endpoint = EndpointOf(cpu, slot);
        endpoint->Queue.Lock.Acquire<TMachine>(cpu, LockRank.Endpoint);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        uint tag = (uint)(call >> 32);
        Thread* receiver = endpoint->Queue.First;
        if (tag > IpcBuffer.RegisterWords || !CanAnswer(receiver) || !StillMay(receiver) || !TryTake(cpu, endpoint, receiver))
        {
            Keep(caller, tag, badge, w0, w1, w2);
            return SendLocked(cpu, endpoint, handle, IpcRole.Calling);
        }

        endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
        MoveWords(caller, receiver, tag, w0, w1, w2);
        receiver->Context.Rdx = badge;
        return SwitchToReceiver(cpu, caller, receiver);
    }

    // Whether the first waiter of an endpoint, if there is one, waits for a message and can answer it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool CanAnswer(Thread* first) =>
        first != null && first->Ipc.Role == IpcRole.Receiving && first->Ipc.Reply != null;

    // The current thread has called: it waits to be answered by a receiver that this CPU has claimed, and that has the message.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Error SwitchToReceiver(Cpu* cpu, Thread* caller, Thread* receiver)
    {
        if (!Handoff<TMachine>.CanBeQuick(cpu, receiver))
        {
            return AwaitAnswerWherever(cpu, receiver);
        }

        Instant now = Handoff<TMachine>.StopQuickly(cpu, caller);
        if (TryBind(cpu, caller, receiver))
        {
            Handoff<TMachine>.Quickly(cpu, receiver, now);
        }
        else
        {
            CannotAnswer(cpu, caller, receiver, now);
        }

        return Error.None;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error AwaitAnswerWherever(Cpu* cpu, Thread* receiver)
    {
        Parcel parcel = default;
        AwaitAnswer(cpu, cpu->Current, receiver, &parcel, Waits<TMachine>.StopRunning(cpu, cpu->Current));
        return Error.None;
    }

    private static Error SendAs(Cpu* cpu, IpcRole role, ulong handle, ulong w0, ulong call, ulong w1, ulong w2)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!TryFind(process, handle, ObjectKind.Endpoint, Rights.Write, out CapabilitySlot* slot))
        {
            return Refuse(cpu, handle, ObjectKind.Endpoint);
        }

        Keep(cpu->Current, (uint)(call >> 32), slot->Badge, w0, w1, w2);
        MeetingPoint* endpoint = EndpointOf(cpu, slot);
        endpoint->Queue.Lock.Acquire<TMachine>(cpu, LockRank.Endpoint);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return SendLocked(cpu, endpoint, handle, role);
    }

    // The message that the current thread keeps, to whoever waits, or waiting for somebody. The endpoint's lock is held, and
    // given back.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error SendLocked(Cpu* cpu, MeetingPoint* endpoint, ulong handle, IpcRole role)
    {
        Thread* sender = cpu->Current;
        uint tag = (uint)sender->Context.Rdi;
        Error error = Decode(sender, tag, out Instant deadline);
        error = error != Error.None ? error : MayGrant(sender, handle, tag);
        Thread* receiver = null;
        if (error == Error.None)
        {
            receiver = TakeFirst(cpu, endpoint, role, out error);
        }

        if (receiver == null)
        {
            error = error == Error.None && (tag & MessageTag.NoWait) != 0 ? Error.WouldBlock : error;
            if (error == Error.None)
            {
                return WaitToSend(cpu, endpoint, sender->Process->Handles.SlotOf(handle), handle, role, deadline);
            }

            endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
            return Scheduler<TMachine>.AfterWakes(cpu, error);
        }

        endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
        return Deliver(cpu, receiver, role, deadline);
    }

    private static Error WaitToSend(
        Cpu* cpu, MeetingPoint* endpoint, CapabilitySlot* through, ulong handle, IpcRole role, Instant deadline)
    {
        Thread* sender = cpu->Current;
        Instant now = Waits<TMachine>.StopRunning(cpu, sender, deadline);
        Handoff<TMachine>.NoteIfPlain(cpu, sender);
        WaitAt(cpu, endpoint, through, handle, role);
        Scheduler<TMachine>.Reschedule(cpu, now);
        return Calls.Results.AfterBlocking(cpu);
    }

    // To a receiver that this CPU has taken out of its wait.
    private static Error Deliver(Cpu* cpu, Thread* receiver, IpcRole role, Instant deadline)
    {
        Thread* sender = cpu->Current;
        Parcel parcel;
        MoveMessage(cpu, sender, receiver);
        Pack(sender, &parcel);
        if (role == IpcRole.Calling)
        {
            Instant now = Waits<TMachine>.StopRunning(cpu, sender, deadline);
            AwaitAnswer(cpu, sender, receiver, &parcel, now);
            return Calls.Results.AfterBlocking(cpu);
        }

        Unpack(cpu, &parcel, receiver);
        Waits<TMachine>.Finish(cpu, receiver);
        return Scheduler<TMachine>.AfterWakes(cpu, Error.None);
    }

    // The current thread, charged and out of the CPU's books, waits to be answered through the receiver's reply object, and
    // the receiver, claimed and with the message in its context, runs.
    private static void AwaitAnswer(Cpu* cpu, Thread* caller, Thread* receiver, Parcel* parcel, Instant now)
    {
        Handoff<TMachine>.NoteIfPlain(cpu, caller);
        if (!TryBind(cpu, caller, receiver))
        {
            LetGo(cpu, parcel);
            CannotAnswer(cpu, caller, receiver, now);
            return;
        }

        Unpack(cpu, parcel, receiver);
        Waits<TMachine>.Detach(cpu, receiver);
        Handoff<TMachine>.To(cpu, receiver, now);
    }

    // The caller, which runs here no more, is bound to the receiver's reply object and blocked; false, and it still is this
    // CPU's current thread, if that object's life is over or it has a caller.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryBind(Cpu* cpu, Thread* caller, Thread* receiver)
    {
        Reply* reply = receiver->Ipc.Reply;
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        if (reply->Header.Generation != receiver->Ipc.ReplyLife || reply->Caller != null)
        {
            reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
            return false;
        }

        reply->Caller = caller;
        caller->WaitingFor = &reply->Header;
        caller->WaitingForKind = ObjectKind.Reply;
        cpu->Current = null;
        Ownership<TMachine>.MoveHere(cpu, caller, Place.Running, Place.Blocked);
        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        return true;
    }

    // The reply object was deleted, or bound through another receiver, while this one waited: neither side gets its way.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CannotAnswer(Cpu* cpu, Thread* caller, Thread* receiver, Instant now)
    {
        cpu->Current = null;
        Ownership<TMachine>.Move(cpu, caller, Place.Waking, cpu->Id);
        Waits<TMachine>.Finish(cpu, receiver, Error.BadState, 0);
        Waits<TMachine>.Finish(cpu, caller, Error.NoReply, 0);
        Scheduler<TMachine>.Reschedule(cpu, now);
    }
}
