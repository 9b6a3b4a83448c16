using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;

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
    /// another's (<see cref="FaultState.SentThrough"/>).</summary>
    public CapabilitySlot* Through;

    /// <summary>While it waits at an endpoint: the life of that capability. If it has ended, so has the right to go on.</summary>
    public uint ThroughLife;

    /// <summary>While it waits at an endpoint: what for.</summary>
    public IpcRole Role;

    /// <summary>Badge of the capability that its message is sent with.</summary>
    public ulong Badge;

    /// <summary>While it receives: where a caller is to be bound, or null.</summary>
    public Reply* Reply;

    /// <summary>The life of that reply object.</summary>
    public uint ReplyLife;

    /// <summary>Where it began to wait for a message or an answer, if nothing else is to be undone when that comes (no deadline,
    /// nothing bound): that CPU. Otherwise <see cref="Threads.Thread.NoCpu"/>.</summary>
    public uint PlainOn;

    /// <summary>Its buffer, or null.</summary>
    public IpcBuffer* Buffer;

    /// <summary>The notification whose signals end its receiving, or null. It holds a reference to it.</summary>
    public Notification* Bound;
}
