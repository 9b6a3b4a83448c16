using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Faults;
using Lachesis.Core.Notifications;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Ipc;

/// <summary>What a thread does at an endpoint.</summary>
public enum IpcRole : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It waits to send.</summary>
    Sending = 1,

    /// <summary>It waits to send, and for an answer after that.</summary>
    Calling = 2,

    /// <summary>It waits for a message.</summary>
    Receiving = 3,
}

/// <summary>What the kernel keeps of a thread for the messages that it sends and receives.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct IpcState
{
    /// <summary>While it waits at an endpoint: the capability through which, in its own process's space; of a fault, perhaps in
    /// another's (<see cref="FaultState.SentHandlerProcess"/>).</summary>
    public CapabilitySlot* WaitSlot;

    /// <summary>While it waits at an endpoint: its handle. If the capability has another one by now, the right to go on has ended.</summary>
    public uint WaitHandle;

    /// <summary>While it waits at an endpoint: what for.</summary>
    public IpcRole Role;

    /// <summary>Badge of the capability that its message is sent with.</summary>
    public ulong Badge;

    /// <summary>While it receives: where a caller is to be bound. Otherwise, or if calls are refused, null while it waits at an
    /// endpoint.</summary>
    public Reply* Reply;

    /// <summary>The life of that reply object.</summary>
    public uint ReplyGeneration;

    /// <summary>The generation (<see cref="Sched.DirectHandoffGenerations{TMachine}"/>), on the CPU that it last ran on, in which it was
    /// last found fit to go on there. 0: it was not, or its wait (a deadline, a bound object) takes more to end than to let it
    /// run.</summary>
    public ulong DirectHandoffGeneration;

    /// <summary>Its buffer, or null.</summary>
    public IpcBuffer* Buffer;

    /// <summary>The notification whose signals end its receiving, or null. It holds a reference to it.</summary>
    public Notification* BoundNotification;

    /// <summary>What it last called.</summary>
    public CallLookupCache CallCache;

    /// <summary>What it last answered and received with, if it has not waited at an endpoint in another way since.</summary>
    public ReceiveLookupCache ReceiveCache;
}

/// <summary>
/// An endpoint that was found through a handle. As long as the capability has that handle, it is still that one, and need not be
/// looked for: whoever locks the endpoint and then finds the handle unchanged has it until the lock is free.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct CallLookupCache
{
    /// <summary>The handle.</summary>
    public ulong Handle;

    /// <summary>The endpoint; null if nothing is remembered.</summary>
    public WaitableObject* Endpoint;

    /// <summary>The capability.</summary>
    public CapabilitySlot* Slot;

    /// <summary>Its badge.</summary>
    public ulong Badge;
}

/// <summary>The same of an endpoint and a reply object, which stand, with the endpoint's capability, where a receiver keeps
/// them: <see cref="IpcState.WaitSlot"/>, <see cref="IpcState.WaitHandle"/>, <see cref="IpcState.Reply"/>, <see
/// cref="IpcState.ReplyGeneration"/>, with its <see cref="IpcState.Role"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct ReceiveLookupCache
{
    /// <summary>Both handles.</summary>
    public ulong Handles;

    /// <summary>The endpoint; null if nothing is remembered.</summary>
    public WaitableObject* Endpoint;

    /// <summary>The reply object's capability.</summary>
    public CapabilitySlot* ReplySlot;

    /// <summary>Its handle.</summary>
    public uint ReplyHandle;
}
