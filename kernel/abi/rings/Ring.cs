using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>
/// Where a ring lies in a process's memory: three pages, the header's, that of the submissions and that of the completions.
/// </summary>
public static class RingLayout
{
    /// <summary>The most submissions, and the most completions: what a page holds.</summary>
    public const uint MaxEntries = 64;

    /// <summary>Bytes from the header to the submissions, and from these to the completions.</summary>
    public const ulong PartBytes = UserLayout.PageSize;

    /// <summary>Bytes of all three.</summary>
    public const ulong Bytes = 3 * PartBytes;

    /// <summary>Of the first word of a submission: the flags, which are no part of the call.</summary>
    public const ulong FlagsMask = 0xFFFF_0000;
}

/// <summary>
/// Head and tail of both queues. All four count up for ever and wrap; masked, they are indices. The kernel keeps its own
/// two and only publishes them here; of the program's it believes nothing but how far they are ahead.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
public struct RingHeader
{
    /// <summary>Number of submissions minus 1; written when the ring is made.</summary>
    [FieldOffset(0)]
    public ulong SubmissionMask;

    /// <summary>Number of completions minus 1; written when the ring is made.</summary>
    [FieldOffset(8)]
    public ulong CompletionMask;

    /// <summary>The kernel's: the next submission that it takes. The slots of those before it may be used again.</summary>
    [FieldOffset(64)]
    public ulong SubmissionHead;

    /// <summary>The kernel's: where it puts the next completion. Those before it are there.</summary>
    [FieldOffset(72)]
    public ulong CompletionTail;

    /// <summary>The kernel's: how often a request was not begun because there was no room for its completion.</summary>
    [FieldOffset(80)]
    public ulong Overflows;

    /// <summary>The program's: where it puts the next submission. Those before it may be taken.</summary>
    [FieldOffset(128)]
    public ulong SubmissionTail;

    /// <summary>The program's: the next completion that it reads. The slots of those before it may be used again.</summary>
    [FieldOffset(136)]
    public ulong CompletionHead;
}

/// <summary>How a request is treated.</summary>
[System.Flags]
public enum RingFlags : ushort
{
    /// <summary>As usual.</summary>
    None = 0,

    /// <summary>If it ends with an error, the <see cref="SystemCall.RingEnter"/> that performs it ends with it.</summary>
    StopOnError = 1,
}

/// <summary>A request: a system call, as a program would make it with registers.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RingSubmission
{
    /// <summary>What to do and how: <see cref="EncodeRequest"/>.</summary>
    public ulong Request;

    /// <summary>First argument of the call: mostly a handle.</summary>
    public ulong A0;

    /// <summary>Second argument; first word of a message.</summary>
    public ulong A1;

    /// <summary>Third argument; second word of a message.</summary>
    public ulong A2;

    /// <summary>Fourth argument; third word of a message.</summary>
    public ulong A3;

    /// <summary>Fourth word of a message.</summary>
    public ulong Word3;

    /// <summary>In monotonic ns: when its turn comes later than this, it ends with <see cref="Error.Expired"/> and is not
    /// begun. 0: never.</summary>
    public ulong Deadline;

    /// <summary>Comes back in the completion.</summary>
    public ulong UserData;

    /// <summary>A <see cref="Request"/>: the call in bits 0..15, one of those that docs/rings.md lists; the flags in bits 16..31;
    /// in bits 32..63 the <see cref="MessageTag"/> of calls that pass messages, of others 0.</summary>
    public static ulong EncodeRequest(SystemCall call, RingFlags flags = RingFlags.None, uint tag = 0) =>
        (ushort)call | ((ulong)flags << 16) | ((ulong)tag << 32);
}

/// <summary>What became of a request.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RingCompletion
{
    /// <summary><see cref="RingSubmission.UserData"/>.</summary>
    public ulong UserData;

    /// <summary>What the call gave.</summary>
    public Error Error;

    /// <summary>What the call gave; of a received message its badge.</summary>
    public ulong Value;

    /// <summary>Of a received message: its <see cref="MessageTag"/>. Like the words left alone otherwise.</summary>
    public ulong Tag;

    /// <summary>First word of a received message.</summary>
    public ulong Word0;

    /// <summary>Second word of a received message.</summary>
    public ulong Word1;

    /// <summary>Third word of a received message.</summary>
    public ulong Word2;

    /// <summary>Fourth word of a received message.</summary>
    public ulong Word3;
}
