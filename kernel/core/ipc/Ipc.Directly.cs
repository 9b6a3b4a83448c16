using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Ipc;

/// <summary>
/// The common case of <see cref="SystemCall.Call"/> and <see cref="SystemCall.ReplyReceive"/>, with the fewest steps: the same
/// capabilities as last time, a message of words alone, a partner that waits on this CPU, and nobody else who would run. Each gives
/// false, and has changed nothing, where it is not that; then the general way does what is to be done.
/// </summary>
/// <remarks>
/// What was found through a handle is remembered with its slot (<see cref="RememberedCall"/>). Deleting a capability gives the slot
/// another handle before the object can lose its last reference, and the object's own life ends only under its lock. So under
/// that lock one comparison says that the capability is there, and the object with it; no other lock is needed. Nothing else of
/// the slot is read: it may be emptied right after that comparison.
/// </remarks>
public static unsafe partial class Ipc<TMachine>
{
    /// <summary><see cref="SystemCall.Call"/>. The words are in the context.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCall<TMessage>(Cpu* cpu, ulong handle, ulong call)
        where TMessage : struct, IDirectMessage
    {
        Instant now = TMachine.Now(cpu);
        Thread* caller = cpu->Current;
        if (caller->Ipc.Calls.Handle != handle)
        {
            RememberCall(cpu, handle);
            caller = cpu->Current;
        }

        uint tag = (uint)(call >> 32);
        MeetingPoint* endpoint = caller->Ipc.Calls.At;
        if (!TMessage.Takes(caller, tag) || endpoint == null
            || !SpinLock.TryTake<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint))
        {
            return false;
        }

        CapabilitySlot* through = caller->Ipc.Calls.Through;
        Thread* receiver = endpoint->Queue.First;
        if (TMachine.Load(&through->Handle) != caller->Ipc.Calls.Handle || !TryClaimReceiver(cpu, receiver))
        {
            SpinLock.Release<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint);
            return false;
        }

        CallClaimed<TMessage>(cpu, endpoint, caller, receiver, tag, caller->Ipc.Calls.Badge, now);
        return true;
    }

    // Whether the first waiter of an endpoint, which is locked, waits for a message, can answer it, and is this CPU's now.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryClaimReceiver(Cpu* cpu, Thread* receiver) =>
        receiver != null && receiver->Ipc.Reply != null && StillMay(receiver)
            && Ownership<TMachine>.TryClaimWaiter(cpu, receiver);

    // The running thread's message goes to the first waiter of an endpoint, which is locked, and which this CPU has claimed; the
    // lock is given back. Directly, or in whatever way it takes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CallClaimed<TMessage>(
        Cpu* cpu, MeetingPoint* endpoint, Thread* caller, Thread* receiver, uint tag, ulong badge, Instant now)
        where TMessage : struct, IDirectMessage
    {
        WaitQueue.RemoveFirst(&endpoint->Queue, receiver);
        receiver->WaitingIn = null;
        receiver->Context.Rdx = badge;
        TMessage.Move(caller, receiver, tag);
        SpinLock.Release<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint);
        Reply* reply = receiver->Ipc.Reply;
        if (!Handoff<TMachine>.MayBeDirect(cpu, caller, receiver)
            || !SpinLock.TryTake<TMachine>(&reply->Lock, cpu, LockRank.Reply))
        {
            AwaitAnswerWherever(cpu, receiver);
            return;
        }

        if (!CanBind(reply, receiver))
        {
            SpinLock.Release<TMachine>(&reply->Lock, cpu, LockRank.Reply);
            AwaitAnswerWherever(cpu, receiver);
            return;
        }

        Handoff<TMachine>.Stop(cpu, caller, now);
        Bind(cpu, reply, caller);
        SpinLock.Release<TMachine>(&reply->Lock, cpu, LockRank.Reply);
        Handoff<TMachine>.Directly(cpu, receiver, now);
    }

    /// <summary><see cref="SystemCall.ReplyReceive"/>. The words are in the context.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReplyReceive<TMessage>(Cpu* cpu, ulong handles, ulong call)
        where TMessage : struct, IDirectMessage
    {
        Instant now = TMachine.Now(cpu);
        Thread* server = cpu->Current;
        if (server->Ipc.Receives.Handles != handles)
        {
            RememberReceive(cpu, handles);
            server = cpu->Current;
        }

        uint tag = (uint)(call >> 32);
        MeetingPoint* endpoint = server->Ipc.Receives.At;
        if (!TMessage.Takes(server, tag) || endpoint == null || server->Ipc.Bound != null
            || !SpinLock.TryTake<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint))
        {
            return false;
        }

        Reply* reply = server->Ipc.Reply;
        if (!StillMay(server) || endpoint->Queue.First != null
            || !SpinLock.TryTake<TMachine>(&reply->Lock, cpu, LockRank.Reply))
        {
            SpinLock.Release<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint);
            return false;
        }

        Thread* caller = reply->Caller;
        if (TMachine.Load(&server->Ipc.Receives.ReplyThrough->Handle) != server->Ipc.Receives.ReplyHandle || caller == null
            || !Ownership<TMachine>.TryClaimWaiter(cpu, caller))
        {
            SpinLock.Release<TMachine>(&reply->Lock, cpu, LockRank.Reply);
            SpinLock.Release<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint);
            return false;
        }

        reply->Caller = null;
        caller->WaitingFor = null;
        SpinLock.Release<TMachine>(&reply->Lock, cpu, LockRank.Reply);
        TMessage.Move(server, caller, tag);
        if (!Handoff<TMachine>.MayBeDirect(cpu, server, caller))
        {
            WaitToReceive(cpu, endpoint, handles, Instant.Never, caller);
            return true;
        }

        Handoff<TMachine>.Stop(cpu, server, now);
        server->WaitingIn = &endpoint->Queue;
        WaitQueue.AppendOnly(&endpoint->Queue, server);
        cpu->Current = null;
        Ownership<TMachine>.MoveHere(cpu, server, Place.Running, Place.Blocked);
        SpinLock.Release<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint);
        Handoff<TMachine>.Directly(cpu, caller, now);
        return true;
    }

    // The receiver has the message; the caller waits, and whoever is to runs.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AwaitAnswerWherever(Cpu* cpu, Thread* receiver)
    {
        Parcel parcel = default;
        AwaitAnswer(cpu, cpu->Current, receiver, &parcel, Waits<TMachine>.StopRunning(cpu, cpu->Current));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RememberCall(Cpu* cpu, ulong handle)
    {
        Thread* caller = cpu->Current;
        Process* process = caller->Process;
        RememberedCall found = default;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (Lookups<TMachine>.TryFind(cpu, process, handle, ObjectKind.Endpoint, Rights.Write, out CapabilitySlot* slot))
        {
            found.Handle = handle;
            found.At = EndpointOf(cpu, slot);
            found.Through = slot;
            found.Badge = slot->Badge;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        caller->Ipc.Calls = found;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RememberReceive(Cpu* cpu, ulong handles)
    {
        Thread* server = cpu->Current;
        Process* process = server->Process;
        RememberedReceive found = default;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (Lookups<TMachine>.TryFind(cpu, process, (uint)handles, ObjectKind.Endpoint, Rights.Read, out CapabilitySlot* slot)
            && Lookups<TMachine>.TryFind(cpu, process, handles >> 32, ObjectKind.Reply, Rights.Write, out CapabilitySlot* replySlot))
        {
            found.Handles = handles;
            found.At = EndpointOf(cpu, slot);
            found.ReplyThrough = replySlot;
            found.ReplyHandle = replySlot->Handle;
            server->Ipc.Through = slot;
            server->Ipc.ThroughHandle = slot->Handle;
            server->Ipc.Role = IpcRole.Receiving;
            server->Ipc.Reply = ReplyOf(cpu, replySlot);
            server->Ipc.ReplyLife = server->Ipc.Reply->Header.Generation;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        server->Ipc.Receives = found;
    }
}
