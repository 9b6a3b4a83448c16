namespace Lachesis.FaultTrial;

/// <summary>Numbers of exceptions.</summary>
internal static class Exceptions
{
    internal const ulong DivideError = 0;
    internal const ulong InvalidOpcode = 6;
    internal const ulong GeneralProtection = 13;
    internal const ulong PageFault = 14;

    /// <summary>Error code of a page fault: a write of a program, to a page that is not there.</summary>
    internal const ulong WriteToNothing = 6;

    /// <summary>The same of a read.</summary>
    internal const ulong ReadFromNothing = 4;
}
