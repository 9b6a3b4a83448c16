namespace Lachesis.Abi;

/// <summary>
/// What the kernel sends on behalf of a thread that faulted, to the endpoint that handles its faults: a call whose tag is <see
/// cref="Tag"/>, with the badge of the capability that the handler was set with. Word 0: the number of the exception, 0..31;
/// word 1: the instruction pointer; word 2: of a page fault the address that was touched, else 0; word 3: the error code that the
/// CPU gave, else 0. Word 0 of the answer is a <see cref="FaultReplyAction"/>.
/// </summary>
public static class FaultMessage
{
    /// <summary>How many words it has.</summary>
    public const uint Words = 4;

    /// <summary>Bytes of the instruction (<c>ud2</c>) that is there to be undefined: a thread goes on behind it at so much
    /// more.</summary>
    public const ulong UndefinedInstructionBytes = 2;

    /// <summary>Its tag, as its receiver sees it. Nobody but the kernel can send it.</summary>
    public const uint Tag = Words | MessageTag.Fault;
}

/// <summary>What becomes of a thread that faulted: the first word of the answer. Anything else ends the thread, as if nobody
/// had handled the fault.</summary>
public enum FaultReplyAction : ulong
{
    /// <summary>It goes on at the instruction that faulted (after a trap: behind it), with all its registers.</summary>
    Resume = 0,

    /// <summary>It goes on at the address in the second word, with all its other registers. An address that is not in user
    /// space ends it.</summary>
    ResumeAt = 1,

    /// <summary>It ends with <see cref="FaultExitCode"/>.</summary>
    End = 2,
}
