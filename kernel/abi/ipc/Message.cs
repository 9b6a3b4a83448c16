using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>
/// What a message is made of and how it is to be sent or was received: 32 bits. In calls that pass messages it travels above
/// the number of the call (bits 32..63 of rdi), and comes back in rdi.
/// </summary>
public static class MessageTag
{
    /// <summary>How many words the message has, 0 .. <see cref="IpcBuffer.MaxWords"/>.</summary>
    public const uint WordsMask = 0x7F;

    /// <summary>Where the number of capabilities stands, 0 .. <see cref="IpcBuffer.MaxCapabilities"/>: how many are sent, which
    /// needs <see cref="Rights.Grant"/> of the capability that they are sent through; how many arrived.</summary>
    public const int CapabilitiesShift = 8;

    /// <summary>The number of capabilities, once shifted down.</summary>
    public const uint CapabilitiesMask = 7;

    /// <summary>Do not wait: <see cref="Error.WouldBlock"/> if nobody is there. Of a call it means the sending; for the answer it
    /// waits.</summary>
    public const uint NoWait = 1u << 16;

    /// <summary>Wait until <see cref="IpcBuffer.Deadline"/> at most.</summary>
    public const uint HasDeadline = 1u << 17;

    /// <summary>Of what was received: signals of the notification bound to the thread, its bits in place of the badge; no
    /// message.</summary>
    public const uint Signals = 1u << 24;

    /// <summary>Of what was received: the receiver had no room for all of it, and the rest is lost.</summary>
    public const uint Truncated = 1u << 25;

    /// <summary>Of what was received: the kernel sends it for a thread that faulted.</summary>
    public const uint Fault = 1u << 26;

    /// <summary>All bits that a sender or receiver may set.</summary>
    public const uint Settable = WordsMask | CapabilitiesMask << CapabilitiesShift | NoWait | HasDeadline;

    /// <summary>How many words.</summary>
    public static uint Words(uint tag) => tag & WordsMask;

    /// <summary>How many capabilities.</summary>
    public static uint Capabilities(uint tag) => tag >> CapabilitiesShift & CapabilitiesMask;
}

/// <summary>
/// A thread's part of memory through which it passes what does not fit into registers. The thread's process keeps it mapped
/// as long as it lives; a thread without one sends and receives four words at most, no capabilities, and waits without limit.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
public unsafe struct IpcBuffer
{
    /// <summary>Its size, and what its address is a multiple of.</summary>
    public const int Bytes = 1024;

    /// <summary>Words of a message that travel in registers.</summary>
    public const uint RegisterWords = 4;

    /// <summary>The most words of a message.</summary>
    public const uint MaxWords = 64;

    /// <summary>The most capabilities of a message.</summary>
    public const uint MaxCapabilities = 4;

    /// <summary>Words of the message; the first <see cref="RegisterWords"/> are in registers, and left alone here.</summary>
    public fixed ulong Words[(int)MaxWords];

    /// <summary>Handles of the capabilities to send; of those that were received.</summary>
    public fixed uint Capabilities[(int)MaxCapabilities];

    /// <summary>With <see cref="MessageTag.HasDeadline"/>: until when to wait, in monotonic ns.</summary>
    public ulong Deadline;

    /// <summary>The most capabilities that the thread takes of whatever it receives, be it a message or an answer. Read when that
    /// comes; those beyond do not arrive.</summary>
    public uint MaxReceivedCapabilities;
}
