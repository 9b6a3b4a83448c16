using System.Runtime.CompilerServices;
using System.Threading;
using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>
/// A submission and completion ring of this process, for one thread at a time: fill what <see cref="NextSubmission"/> gives, <see
/// cref="Enter"/>, and take the completions. docs/rings.md says what may be asked for.
/// </summary>
public unsafe struct Ring
{
    private RingHeader* _header;
    private RingSubmission* _submissions;
    private RingCompletion* _completions;
    private ulong _submissionMask;
    private ulong _completionMask;
    private ulong _submissionTail;
    private ulong _submissionHead;
    private ulong _completionHead;
    private ulong _completionTail;

    /// <summary>Its handle.</summary>
    public ulong Handle;

    /// <summary>Makes one in memory of its own, with room for so many submissions and completions: powers of two up to <see
    /// cref="RingLayout.MaxEntries"/>.</summary>
    public static Error Create(Ring* ring, uint submissions, uint completions)
    {
        *ring = default;
        byte* memory = Memory.Map(RingLayout.Bytes);
        if (memory == null)
        {
            return Error.OutOfMemory;
        }

        ring->_header = (RingHeader*)memory;
        ring->_submissions = (RingSubmission*)(memory + RingLayout.PartBytes);
        ring->_completions = (RingCompletion*)(memory + (2 * RingLayout.PartBytes));
        ring->_submissionMask = submissions - 1;
        ring->_completionMask = completions - 1;
        SystemResult made = Sys.Call(
            SystemCall.RingCreate, BootHandle.Process, (ulong)memory, submissions, completions);
        ring->Handle = made.Value;
        return made.Error;
    }

    /// <summary>What it shares with the kernel.</summary>
    public readonly RingHeader* Header => _header;

    /// <summary>How many submissions can be filled before the next <see cref="Enter"/>.</summary>
    public readonly ulong FreeSubmissions => _submissionMask + 1 - (_submissionTail - _submissionHead);

    /// <summary>The next submission to fill, as it was left there: all of it counts. The caller knows that there is <see
    /// cref="FreeSubmissions"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RingSubmission* NextSubmission()
    {
        ulong tail = _submissionTail;
        _submissionTail = tail + 1;
        return _submissions + (tail & _submissionMask);
    }

    /// <summary>Submits a call without deadline and flags; false if all slots are waiting.</summary>
    public bool TrySubmit(SystemCall call, ulong userData, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        if (FreeSubmissions == 0)
        {
            return false;
        }

        RingSubmission* submission = NextSubmission();
        *submission = default;
        submission->Request = RingSubmission.EncodeRequest(call);
        submission->A0 = a0;
        submission->A1 = a1;
        submission->A2 = a2;
        submission->A3 = a3;
        submission->UserData = userData;
        return true;
    }

    /// <summary><see cref="SystemCall.RingEnter"/>, with all that was filled: how many were taken. The completions that <see
    /// cref="TryReadCompletion"/> gave before may be written over from here on.</summary>
    public SystemResult Enter(ulong most = ulong.MaxValue)
    {
        Volatile.Write(ref _header->CompletionHead, _completionHead);
        Volatile.Write(ref _header->SubmissionTail, _submissionTail);
        SystemResult result = Sys.Call(SystemCall.RingEnter, Handle, most);
        _submissionHead = Volatile.Read(ref _header->SubmissionHead);
        _completionTail = Volatile.Read(ref _header->CompletionTail);
        return result;
    }

    /// <summary>The next completion, good until the next <see cref="Enter"/>; false if there was no other when the last one
    /// ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadCompletion(out RingCompletion* completion)
    {
        ulong head = _completionHead;
        completion = _completions + (head & _completionMask);
        if (head == _completionTail)
        {
            return false;
        }

        _completionHead = head + 1;
        return true;
    }
}
