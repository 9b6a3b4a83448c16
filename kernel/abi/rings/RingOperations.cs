namespace Lachesis.Abi;

/// <summary>What may be asked for through a ring (docs/rings.md), as the rows of <see cref="SystemCallTable"/> say.</summary>
public static class RingOperations
{
    /// <summary>Calls that a ring may ask for: they are short, and their caller comes back (<see cref="CallTraits.InRing"/>).</summary>
    public static CallSet Allowed => new(CallSets.InRingLow, CallSets.InRingHigh);

    /// <summary>Calls that take a tag.</summary>
    public static CallSet TakesTag => new(CallSets.PassesMessageLow, CallSets.PassesMessageHigh);

    /// <summary>Calls that end with a message.</summary>
    public static CallSet ReturnsMessage => new(CallSets.ReturnsMessageLow, CallSets.ReturnsMessageHigh);

    /// <summary>Calls that end the batch which they are in.</summary>
    public static CallSet EndsBatch => new(CallSets.EndsBatchLow, CallSets.EndsBatchHigh);

    /// <summary>Whether a ring may ask for the call with this number; false for any number that no call has.</summary>
    public static bool Allows(ulong call) => Allowed.Contains(call);
}
