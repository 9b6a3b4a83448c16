namespace Lachesis.Abi;

/// <summary>The calls with each trait that the kernel asks for: a bit each by number, 0 .. 63 in Low, 64 .. 127 in High.</summary>
/// <remarks>Printed by <c>lachesis calls --sets</c> from <see cref="SystemCallTable"/>, to which a test holds it; do not
/// edit.</remarks>
public static class CallSets
{
    /// <summary><see cref="CallTraits.InRing"/>.</summary>
    public const ulong InRingLow = 0x000FDFFBE0853BF9;

    /// <summary><see cref="CallTraits.InRing"/>.</summary>
    public const ulong InRingHigh = 0x0000000000000000;

    /// <summary><see cref="CallTraits.PassesMessage"/>.</summary>
    public const ulong PassesMessageLow = 0x000000F800000000;

    /// <summary><see cref="CallTraits.PassesMessage"/>.</summary>
    public const ulong PassesMessageHigh = 0x0000000000000000;

    /// <summary><see cref="CallTraits.ReturnsMessage"/>.</summary>
    public const ulong ReturnsMessageLow = 0x0000007000000000;

    /// <summary><see cref="CallTraits.ReturnsMessage"/>.</summary>
    public const ulong ReturnsMessageHigh = 0x0000000000000000;

    /// <summary><see cref="CallTraits.EndsBatch"/>.</summary>
    public const ulong EndsBatchLow = 0x0001000080040180;

    /// <summary><see cref="CallTraits.EndsBatch"/>.</summary>
    public const ulong EndsBatchHigh = 0x0000000000000000;
}
