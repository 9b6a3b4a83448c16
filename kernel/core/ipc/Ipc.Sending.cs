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
    public static Error Send(Cpu* cpu, ulong handle, ulong call) => SendAs(cpu, IpcRole.Sending, handle, call);

    /// <summary><see cref="SystemCall.Call"/>.</summary>
    public static Error Call(Cpu* cpu, ulong handle, ulong call) => SendAs(cpu, IpcRole.Calling, handle, call);

    private static Error SendAs(Cpu* cpu, IpcRole role, ulong handle, ulong call)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!Lookups<TMachine>.TryFind(cpu, process, handle, ObjectKind.Endpoint, Rights.Write, out CapabilitySlot* slot))
        {
            return Lookups<TMachine>.Refuse(cpu, handle, ObjectKind.Endpoint);
        }

        Keep(cpu->Current, (uint)(call >> 32), slot->Badge);
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
        sender->Due = Instant.Earlier(deadline, now + WaitQueue.Patience);
        Handoff<TMachine>.NoteDetours(sender);
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
        Handoff<TMachine>.NoteDetours(caller);
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
    private static bool TryBind(Cpu* cpu, Thread* caller, Thread* receiver)
    {
        Reply* reply = receiver->Ipc.Reply;
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        bool free = CanBind(reply, receiver);
        if (free)
        {
            Bind(cpu, reply, caller);
        }

        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        return free;
    }

    // Whether a reply object, which is locked, is still the one that a receiver named, and nobody's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool CanBind(Reply* reply, Thread* receiver) =>
        reply->Header.Generation == receiver->Ipc.ReplyLife && reply->Caller == null;

    // The current thread, charged and out of the CPU's books, waits in a reply object, which is locked.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Bind(Cpu* cpu, Reply* reply, Thread* caller)
    {
        reply->Caller = caller;
        caller->WaitingFor = &reply->Header;
        caller->WaitingForKind = ObjectKind.Reply;
        cpu->Current = null;
        Ownership<TMachine>.MoveHere(cpu, caller, Place.Running, Place.Blocked);
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
