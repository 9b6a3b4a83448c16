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

/// <summary>
/// The common case of <see cref="SystemCall.Call"/> and <see cref="SystemCall.ReplyReceive"/>, with the fewest steps: the same
/// capabilities as last time, a message of words alone, a partner that waits on this CPU, and nobody else who would run. Each gives
/// false, and has changed nothing, where it is not that; then the general way does what is to be done.
/// </summary>
/// <remarks>
/// What was found through a handle is remembered with its slot (<see cref="CallLookupCache"/>). Deleting a capability gives the slot
/// another handle before the object can lose its last reference, and the object's own life ends only under its lock. So under
/// that lock one comparison says that the capability is there, and the object with it; no other lock is needed. Nothing else of
/// the slot is read: it may be emptied right after that comparison.
/// </remarks>
public static unsafe partial class Ipc<TMachine>
{
    /// <summary><see cref="SystemCall.Call"/>. The words are in the context.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFastCall<TMessage>(Cpu* cpu, ulong handle, ulong callAndTag)
        where TMessage : struct, IFastpathMessage
    {
        Instant now = TMachine.Now(cpu);
        Thread* caller = cpu->Current;
        if (caller->Ipc.CallCache.Handle != handle)
        {
            CacheCallLookup(cpu, handle);
            caller = cpu->Current;
        }

        uint tag = (uint)(callAndTag >> 32);
        WaitableObject* endpoint = caller->Ipc.CallCache.Endpoint;
        if (!TMessage.Matches(caller, tag) || endpoint == null
            || !SpinLock.TryAcquireUncontended<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint))
        {
            return false;
        }

        CapabilitySlot* through = caller->Ipc.CallCache.Slot;
        Thread* receiver = endpoint->Queue.First;
        if (TMachine.Load(&through->Handle) != caller->Ipc.CallCache.Handle || !TryClaimReceiver(cpu, receiver))
        {
            SpinLock.Release<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint);
            return false;
        }

        CallClaimedReceiver<TMessage>(cpu, endpoint, caller, receiver, tag, caller->Ipc.CallCache.Badge, now);
        return true;
    }

    // Whether the first waiter of an endpoint, which is locked, waits for a message, can answer it, and is this CPU's now.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryClaimReceiver(Cpu* cpu, Thread* receiver) =>
        receiver != null && receiver->Ipc.Reply != null && HoldsWaitCapability(receiver)
            && Ownership<TMachine>.TryClaimWaiter(cpu, receiver);

    // The running thread's message goes to the first waiter of an endpoint, which is locked, and which this CPU has claimed; the
    // lock is given back. Directly, or in whatever way it takes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CallClaimedReceiver<TMessage>(
        Cpu* cpu, WaitableObject* endpoint, Thread* caller, Thread* receiver, uint tag, ulong badge, Instant now)
        where TMessage : struct, IFastpathMessage
    {
        SpinLock.CheckHeld<TMachine>(&endpoint->Queue.Lock, cpu);
        WaitQueue.RemoveFirst(&endpoint->Queue, receiver);
        receiver->WaitingIn = null;
        receiver->Context.Rdx = badge;
        TMessage.Move(caller, receiver, tag);
        SpinLock.Release<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint);
        Reply* reply = receiver->Ipc.Reply;
        if (!Handoff<TMachine>.CanSwitchDirectly(cpu, caller, receiver)
            || !SpinLock.TryAcquireUncontended<TMachine>(&reply->Lock, cpu, LockRank.Reply))
        {
            AwaitReplySlowpath(cpu, receiver);
            return;
        }

        if (!CanBindReply(reply, receiver))
        {
            SpinLock.Release<TMachine>(&reply->Lock, cpu, LockRank.Reply);
            AwaitReplySlowpath(cpu, receiver);
            return;
        }

        Handoff<TMachine>.PrepareToBlock(cpu, caller, now);
        BindReply(cpu, reply, caller);
        SpinLock.Release<TMachine>(&reply->Lock, cpu, LockRank.Reply);
        Handoff<TMachine>.SwitchDirectly(cpu, receiver, now);
    }

    /// <summary><see cref="SystemCall.ReplyReceive"/>. The words are in the context.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFastReplyReceive<TMessage>(Cpu* cpu, ulong handles, ulong callAndTag)
        where TMessage : struct, IFastpathMessage
    {
        Instant now = TMachine.Now(cpu);
        Thread* server = cpu->Current;
        if (server->Ipc.ReceiveCache.Handles != handles)
        {
            CacheReceiveLookup(cpu, handles);
            server = cpu->Current;
        }

        uint tag = (uint)(callAndTag >> 32);
        WaitableObject* endpoint = server->Ipc.ReceiveCache.Endpoint;
        if (!TMessage.Matches(server, tag) || endpoint == null || server->Ipc.BoundNotification != null
            || !SpinLock.TryAcquireUncontended<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint))
        {
            return false;
        }

        Reply* reply = server->Ipc.Reply;
        if (!HoldsWaitCapability(server) || endpoint->Queue.First != null
            || !SpinLock.TryAcquireUncontended<TMachine>(&reply->Lock, cpu, LockRank.Reply))
        {
            SpinLock.Release<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint);
            return false;
        }

        Thread* caller = reply->Caller;
        if (TMachine.Load(&server->Ipc.ReceiveCache.ReplySlot->Handle) != server->Ipc.ReceiveCache.ReplyHandle || caller == null
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
        if (!Handoff<TMachine>.CanSwitchDirectly(cpu, server, caller))
        {
            WaitToReceive(cpu, endpoint, handles, Instant.Never, caller);
            return true;
        }

        Handoff<TMachine>.PrepareToBlock(cpu, server, now);
        server->WaitingIn = &endpoint->Queue;
        WaitQueue.AppendToEmpty(&endpoint->Queue, server);
        cpu->Current = null;
        Ownership<TMachine>.SetLocationHere(cpu, server, ThreadLocation.Running, ThreadLocation.Blocked);
        SpinLock.Release<TMachine>(&endpoint->Queue.Lock, cpu, LockRank.Endpoint);
        Handoff<TMachine>.SwitchDirectly(cpu, caller, now);
        return true;
    }

    // The receiver has the message; the caller waits, and whoever is to runs.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AwaitReplySlowpath(Cpu* cpu, Thread* receiver)
    {
        CapabilityTransfer transfer = default;
        AwaitReply(cpu, cpu->Current, receiver, &transfer, Waits<TMachine>.PrepareToBlock(cpu, cpu->Current));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CacheCallLookup(Cpu* cpu, ulong handle)
    {
        Thread* caller = cpu->Current;
        Process* process = caller->Process;
        CallLookupCache found = default;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (CapabilityLookup<TMachine>.TryFind(cpu, process, handle, ObjectKind.Endpoint, Rights.Write, out CapabilitySlot* slot))
        {
            found.Handle = handle;
            found.Endpoint = EndpointOf(cpu, slot);
            found.Slot = slot;
            found.Badge = slot->Badge;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        caller->Ipc.CallCache = found;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CacheReceiveLookup(Cpu* cpu, ulong handles)
    {
        Thread* server = cpu->Current;
        Process* process = server->Process;
        ReceiveLookupCache found = default;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (CapabilityLookup<TMachine>.TryFind(cpu, process, (uint)handles, ObjectKind.Endpoint, Rights.Read, out CapabilitySlot* slot)
            && CapabilityLookup<TMachine>.TryFind(cpu, process, handles >> 32, ObjectKind.Reply, Rights.Write, out CapabilitySlot* replySlot))
        {
            found.Handles = handles;
            found.Endpoint = EndpointOf(cpu, slot);
            found.ReplySlot = replySlot;
            found.ReplyHandle = replySlot->Handle;
            server->Ipc.WaitSlot = slot;
            server->Ipc.WaitHandle = slot->Handle;
            server->Ipc.Role = IpcRole.Receiving;
            server->Ipc.Reply = ReplyOf(cpu, replySlot);
            server->Ipc.ReplyGeneration = server->Ipc.Reply->Header.Generation;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        server->Ipc.ReceiveCache = found;
    }
}
