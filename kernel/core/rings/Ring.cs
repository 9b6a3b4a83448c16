using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;

namespace Lachesis.Core.Rings;

/// <summary>
/// A submission and completion ring: the kernel's side of it. The other side is memory of one process, which stays mapped as
/// long as that lives; it is touched only by, and for, a live thread of that process, so never after its end.
/// </summary>
/// <remarks>Whoever has exchanged <see cref="Owner"/> from 0 owns all the rest but the constants.</remarks>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public unsafe struct Ring
{
    /// <summary>The pool's part.</summary>
    public ObjectHeader Header;

    /// <summary>The thread whose requests are being performed, or 0. A word. It holds one reference to the ring.</summary>
    [Shared]
    public ulong Owner;

    /// <summary>The process in whose memory it lies. Constant; no reference.</summary>
    public ObjectRef Process;

    /// <summary>Its header in that memory. Constant.</summary>
    public RingHeader* SharedHeader;

    /// <summary>The submissions in that memory. Constant.</summary>
    public RingSubmission* Submissions;

    /// <summary>The completions in that memory. Constant.</summary>
    public RingCompletion* Completions;

    /// <summary>Number of submissions minus 1. Constant.</summary>
    public ulong SubmissionMask;

    /// <summary>Number of completions minus 1. Constant.</summary>
    public ulong CompletionMask;

    /// <summary>How many requests were taken, over all its life. One more than <see cref="CompletionTail"/> while one is being
    /// performed, else the same.</summary>
    public ulong SubmissionHead;

    /// <summary>How many requests were completed.</summary>
    public ulong CompletionTail;

    /// <summary>While owned: <see cref="SubmissionHead"/> when that began.</summary>
    public ulong StartHead;

    /// <summary>While owned: what <see cref="SubmissionHead"/> is to be at most when that ends.</summary>
    public ulong HeadLimit;

    /// <summary>First word of the request that was taken last, unless it was to do nothing: call, flags, tag.</summary>
    public ulong CurrentRequest;

    /// <summary>What its submitter knows that one by.</summary>
    public ulong CurrentUserData;
}
