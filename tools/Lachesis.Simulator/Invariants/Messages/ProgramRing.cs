using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Objects;
using Lachesis.Core.Rings;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>The program's side of a ring: what was submitted, and what must come of that.</summary>
internal sealed unsafe class ProgramRing
{
    /// <summary>A deadline that is over from the beginning.</summary>
    public const ulong ExpiredDeadline = 1;

    private readonly List<RingSubmission> _submitted = [];
    private readonly ulong _start;

    public ProgramRing(SimulatedSystem system, Ring* ring, ulong handle, ulong address, bool isHonest)
    {
        IsHonest = isHonest;
        KernelRing = ring;
        Ref = ring->Header.Reference;
        Handle = handle;
        ulong root = system.Kernel->ProcessOf(ring->Process)->PageTableRoot;
        Address = address;
        Header = (RingHeader*)system.Users.At(root, address);
        Submissions = (RingSubmission*)system.Users.At(root, address + RingLayout.PartBytes);
        Completions = (RingCompletion*)system.Users.At(root, address + (2 * RingLayout.PartBytes));
        _start = ring->SubmissionHead;
        MaxSubmissionTail = _start;
    }

    /// <summary>The kernel's side, as long as <see cref="Ref"/> names it.</summary>
    public Ring* KernelRing { get; }

    /// <summary>That of this life.</summary>
    public ObjectRef Ref { get; }

    /// <summary>What its maker knows it by.</summary>
    public ulong Handle { get; }

    /// <summary>Where it lies.</summary>
    public ulong Address { get; }

    /// <summary>Its first page.</summary>
    public RingHeader* Header { get; }

    /// <summary>Its second page.</summary>
    public RingSubmission* Submissions { get; }

    /// <summary>Its third page.</summary>
    public RingCompletion* Completions { get; }

    /// <summary>Whether programs use it as they should, so that completions must be what was asked for.</summary>
    public bool IsHonest { get; private set; }

    /// <summary>Whether another ring lies in the same memory: then nothing is known of it.</summary>
    public bool IsShared { get; private set; }

    /// <summary>How far the kernel may have come, by the tails that programs wrote.</summary>
    public ulong MaxSubmissionTail { get; private set; }

    /// <summary>Where the next submission goes, if it is honest.</summary>
    public ulong Tail => _start + (ulong)_submitted.Count;

    /// <summary>A request of an honest ring is written down.</summary>
    public void Submit(in RingSubmission submission) => _submitted.Add(submission);

    /// <summary>What was submitted with this number.</summary>
    public RingSubmission At(ulong number) => _submitted[(int)(number - _start)];

    /// <summary>A program writes a tail. One that is too far ahead of the kernel leads it nowhere.</summary>
    public void OnTailWritten(ulong tail) => MaxSubmissionTail = tail - MaxSubmissionTail <= KernelRing->SubmissionMask + 1 ? tail : MaxSubmissionTail;

    /// <summary>Another ring is put into the same memory.</summary>
    public void StopTracking()
    {
        IsHonest = false;
        IsShared = true;
    }

    /// <summary>Throws unless a completion, of an honest ring, is what must come of the submission of that number.</summary>
    public void CheckCompletion(SimulatedSystem system, ulong number)
    {
        RingCompletion* completion = Completions + (number & KernelRing->CompletionMask);
        Require(number - _start < (ulong)_submitted.Count, "a request was completed that nobody submitted");
        RingSubmission submission = At(number);
        Require(completion->UserData == submission.UserData, "a completion is not that of the request whose turn it was");
        bool possible = ExpectedOf(submission) is { } expected ? completion->Error == expected : IsPossibleError(completion->Error);
        Require(possible, "a request through a ring ended as it cannot");
        bool plain = completion->Error != Error.None || (SystemCall)(ushort)submission.Request == SystemCall.Nop;
        Require(!plain || completion->Value == 0, "a request ended with a value that it cannot have");
        bool asked = submission.Request == (ulong)SystemCall.CurrentCpu && completion->Error == Error.None;
        Require(!asked || completion->Value < system.Shape.Cpus, "a request ended with a value that it cannot have");
    }

    /// <summary>Whether a submission ended so that no other was to be begun.</summary>
    public bool Stopped(ulong number)
    {
        var flags = (RingFlags)(ushort)(At(number).Request >> 16);
        return (flags & RingFlags.StopOnError) != 0 && Completions[number & KernelRing->CompletionMask].Error != Error.None;
    }

    /// <summary>Whether one of these was to stop those behind it if it failed.</summary>
    public bool MayStopChain(ulong from, ulong to)
    {
        bool may = false;
        for (; from != to; from++)
        {
            may |= ((RingFlags)(ushort)(At(from).Request >> 16) & RingFlags.StopOnError) != 0;
        }

        return may;
    }

    // How a request ends that depends on nothing but itself; null: in many ways.
    private static Error? ExpectedOf(in RingSubmission submission)
    {
        ulong call = (ushort)submission.Request;
        ulong flags = (ushort)(submission.Request >> 16);
        bool tagged = submission.Request >> 32 != 0;
        return !RingOperations.Allows(call) ? Error.UnknownSystemCall
            : flags > (ulong)RingFlags.StopOnError || submission.Deadline > long.MaxValue ? Error.BadArgument
            : tagged && !RingOperations.TakesTag.Contains(call) ? Error.BadArgument
            : submission.Deadline == ExpiredDeadline ? Error.Expired
            : submission.Deadline == 0 && (SystemCall)call is SystemCall.Nop or SystemCall.CurrentCpu ? Error.None
            : null;
    }

    private static bool IsPossibleError(Error error) => error is <= Error.Expired and not Error.UnknownSystemCall;
}
