using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Ipc;

/// <summary>The receiver's side: receive, answer, and both at once.</summary>
public static unsafe partial class Ipc<TMachine>
{
    /// <summary><see cref="SystemCall.Receive"/>.</summary>
    public static Error Receive(Cpu* cpu, ulong handles, ulong call)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!Lookups<TMachine>.TryFind(cpu, process, (uint)handles, ObjectKind.Endpoint, Rights.Read, out CapabilitySlot* slot))
        {
            return Lookups<TMachine>.Refuse(cpu, (uint)handles, ObjectKind.Endpoint);
        }

        Reply* reply = null;
        if (handles >> 32 != 0)
        {
            if (!Lookups<TMachine>.TryFind(cpu, process, handles >> 32, ObjectKind.Reply, Rights.Write, out CapabilitySlot* replySlot))
            {
                return Lookups<TMachine>.Refuse(cpu, handles >> 32, ObjectKind.Reply);
            }

            reply = ReplyOf(cpu, replySlot);
        }

        MeetingPoint* endpoint = EndpointOf(cpu, slot);
        endpoint->Queue.Lock.Acquire<TMachine>(cpu, LockRank.Endpoint);
        uint life = 0;
        if (reply != null)
        {
            reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
            life = reply->Header.Generation;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return ReceiveLocked(cpu, endpoint, reply, life, handles, (uint)(call >> 32), null);
    }

    /// <summary><see cref="SystemCall.Reply"/>.</summary>
    public static Error Reply(Cpu* cpu, ulong handle, ulong call)
    {
        Thread* server = cpu->Current;
        Error error = Decode(server, (uint)(call >> 32), out _);
        if (error != Error.None)
        {
            return error;
        }

        Process* process = server->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!Lookups<TMachine>.TryFind(cpu, process, handle, ObjectKind.Reply, Rights.Write, out CapabilitySlot* slot))
        {
            return Lookups<TMachine>.Refuse(cpu, handle, ObjectKind.Reply);
        }

        error = MayGrant(server, handle, (uint)(call >> 32));
        if (error != Error.None)
        {
            process->Lock.Release<TMachine>(cpu, LockRank.Process);
            return error;
        }

        Reply* reply = ReplyOf(cpu, slot);
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        Thread* caller = TakeCaller(cpu, reply);
        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        if (caller == null)
        {
            return Error.BadState;
        }

        Keep(server, (uint)(call >> 32), 0);
        Answer(cpu, caller);
        return Scheduler<TMachine>.AfterWakes(cpu, Error.None);
    }

    // The current thread's message ends the call of a thread that this CPU has taken out of its reply object. No lock is held.
    private static void Answer(Cpu* cpu, Thread* caller)
    {
        Parcel parcel;
        MoveMessage(cpu, cpu->Current, caller);
        Pack(cpu->Current, &parcel);
        Unpack(cpu, &parcel, caller);
        Waits<TMachine>.Finish(cpu, caller);
    }

    /// <summary><see cref="SystemCall.ReplyReceive"/>.</summary>
    public static Error ReplyReceive(Cpu* cpu, ulong handles, ulong call)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!Lookups<TMachine>.TryFind(cpu, process, (uint)handles, ObjectKind.Endpoint, Rights.Read, out CapabilitySlot* slot))
        {
            return Lookups<TMachine>.Refuse(cpu, (uint)handles, ObjectKind.Endpoint);
        }

        if (!Lookups<TMachine>.TryFind(cpu, process, handles >> 32, ObjectKind.Reply, Rights.Write, out CapabilitySlot* replySlot))
        {
            return Lookups<TMachine>.Refuse(cpu, handles >> 32, ObjectKind.Reply);
        }

        MeetingPoint* endpoint = EndpointOf(cpu, slot);
        Reply* reply = ReplyOf(cpu, replySlot);
        endpoint->Queue.Lock.Acquire<TMachine>(cpu, LockRank.Endpoint);
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return ReplyReceiveLocked(cpu, endpoint, reply, handles, (uint)(call >> 32));
    }

    // The thread that waits for an answer through a reply object, whose lock is held; null if none does, or not any more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Thread* TakeCaller(Cpu* cpu, Reply* reply)
    {
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
    private static Error ReplyReceiveLocked(Cpu* cpu, MeetingPoint* endpoint, Reply* reply, ulong handles, uint tag)
    {
        Thread* server = cpu->Current;
        Error error = Decode(server, tag, out _);
        error = error != Error.None ? error : MayGrant(server, handles >> 32, tag);
        if (error != Error.None)
        {
            Release(cpu, endpoint, reply);
            return error;
        }

        Thread* caller = TakeCaller(cpu, reply);
        if (caller != null && MessageTag.Capabilities(tag) != 0)
        {
            Release(cpu, endpoint, reply);
            Keep(server, tag, 0);
            return AnswerThenReceive(cpu, caller, handles, tag);
        }

        if (caller != null)
        {
            Keep(server, tag, 0);
            MoveMessage(cpu, server, caller);
        }

        return ReceiveLocked(cpu, endpoint, reply, reply->Header.Generation, handles, tag & ~MessageTag.WordsMask, caller);
    }

    // An answer with capabilities: they are derived with no lock held, and after that the handles may have gone stale.
    private static Error AnswerThenReceive(Cpu* cpu, Thread* caller, ulong handles, uint tag)
    {
        const uint ofSending = MessageTag.WordsMask | (MessageTag.CapabilitiesMask << MessageTag.CapabilitiesShift);
        Answer(cpu, caller);
        Error error = Receive(cpu, handles, (ulong)(tag & ~ofSending) << 32);
        return cpu->Switched == 0 ? Scheduler<TMachine>.AfterWakes(cpu, error) : error;
    }

    // Takes a message, or waits for one; an answered caller, if there is one, is woken. Both locks are held (of the reply
    // object, if there is one), and given back.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error ReceiveLocked(
        Cpu* cpu, MeetingPoint* endpoint, Reply* reply, uint life, ulong handles, uint tag, Thread* answered)
    {
        Thread* receiver = cpu->Current;
        Error error = Decode(receiver, tag, out Instant deadline);
        error = error == Error.None && reply != null && reply->Caller != null ? Error.BadState : error;
        if (error == Error.None && receiver->Ipc.Bound != null && Notifications<TMachine>.TakeBound(cpu, receiver))
        {
            Release(cpu, endpoint, reply);
            return Received(cpu, answered);
        }

        Parcel parcel;
        Thread* sender = error == Error.None ? AcceptFirst(cpu, endpoint, reply, &parcel, out error) : null;

        if (sender != null)
        {
            Release(cpu, endpoint, reply);
            Unpack(cpu, &parcel, receiver);
            return Received(cpu, answered);
        }

        error = error == Error.None && (tag & MessageTag.NoWait) != 0 ? Error.WouldBlock : error;
        if (error != Error.None)
        {
            Release(cpu, endpoint, reply);
            if (answered != null)
            {
                Waits<TMachine>.Finish(cpu, answered);
            }

            return Scheduler<TMachine>.AfterWakes(cpu, error);
        }

        if (reply != null)
        {
            reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        }

        receiver->Ipc.Reply = reply;
        receiver->Ipc.ReplyLife = life;
        WaitToReceive(cpu, endpoint, handles, deadline, answered);
        return Calls.Results.AfterBlocking(cpu);
    }

    private static void WaitToReceive(Cpu* cpu, MeetingPoint* endpoint, ulong handles, Instant deadline, Thread* answered)
    {
        Thread* receiver = cpu->Current;
        Notification* bound = receiver->Ipc.Bound;
        if (bound != null)
        {
            Notifications<TMachine>.BeginReceiving(cpu, receiver, bound);
        }

        Instant now = Waits<TMachine>.StopRunning(cpu, receiver, deadline);
        Handoff<TMachine>.NoteDetours(receiver);
        WaitAt(
            cpu, endpoint, receiver->Process->Handles.SlotOf(handles), handles, IpcRole.Receiving);
        if (bound != null)
        {
            Notifications<TMachine>.LookAgain(cpu, bound);
        }

        if (answered != null)
        {
            Waits<TMachine>.Detach(cpu, answered);
            Handoff<TMachine>.To(cpu, answered, now);
        }
        else
        {
            Scheduler<TMachine>.Reschedule(cpu, now);
        }
    }

    // The first sender whose message can be taken; null if there is none, with WouldBlock if there may be. Endpoint and reply
    // object are locked.
    private static Thread* AcceptFirst(
        Cpu* cpu, MeetingPoint* endpoint, Reply* reply, Parcel* parcel, out Error error)
    {
        for (int refused = 0; refused < StaleBatch; refused++)
        {
            Thread* sender = TakeFirst(cpu, endpoint, IpcRole.Receiving, out error);
            if (sender == null || TryAccept(cpu, sender, reply, parcel))
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
    private static bool TryAccept(Cpu* cpu, Thread* sender, Reply* reply, Parcel* parcel)
    {
        if (sender->Ipc.Role == IpcRole.Sending)
        {
            MoveMessage(cpu, sender, cpu->Current);
            Pack(sender, parcel);
            Waits<TMachine>.Finish(cpu, sender);
            return true;
        }

        if (reply == null)
        {
            Waits<TMachine>.Finish(cpu, sender, Error.NoReply, 0);
            return false;
        }

        sender->WaitingFor = &reply->Header;
        sender->WaitingForKind = ObjectKind.Reply;
        if (!Waits<TMachine>.TryWaitOn(cpu, sender))
        {
            sender->WaitingFor = null;
            Waits<TMachine>.Finish(cpu, sender, Error.TimedOut, 0);
            return false;
        }

        reply->Caller = sender;
        MoveMessage(cpu, sender, cpu->Current);
        Pack(sender, parcel);
        return true;
    }

    private static void Release(Cpu* cpu, MeetingPoint* endpoint, Reply* reply)
    {
        if (reply != null)
        {
            reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        }

        endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
    }

    // The current thread goes on with a message in its context: all of it is loaded, as after a switch.
    private static Error Received(Cpu* cpu, Thread* answered)
    {
        if (answered != null)
        {
            Waits<TMachine>.Finish(cpu, answered);
        }

        cpu->Switched = 1;
        return Scheduler<TMachine>.AfterWakes(cpu, Error.None);
    }
}
