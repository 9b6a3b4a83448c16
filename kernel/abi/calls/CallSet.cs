namespace Lachesis.Abi;

/// <summary>A set of system calls, by number: a bit each in two words.</summary>
public readonly struct CallSet
{
    /// <summary>Numbers of calls are below this. <see cref="Spare"/> holds <see cref="SystemCall.Count"/> to it.</summary>
    public const uint Capacity = 128;

    /// <summary>How many numbers are left. It does not compile if it would be negative: a third word is needed then.</summary>
    public const uint Spare = Capacity - (uint)SystemCall.Count;

    private const uint BitsPerWord = 64;

    /// <summary>The set of these calls.</summary>
    public CallSet(ulong low, ulong high)
    {
        Low = low;
        High = high;
    }

    /// <summary>Calls 0 .. 63, a bit each.</summary>
    public ulong Low { get; }

    /// <summary>Calls 64 .. 127, a bit each.</summary>
    public ulong High { get; }

    /// <summary>Whether no call is in it.</summary>
    public bool IsEmpty => (Low | High) == 0;

    /// <summary>The set of one call; the empty set for a number from <see cref="Capacity"/> on, which no call has.</summary>
    public static CallSet Of(SystemCall call) =>
        (uint)call < BitsPerWord ? new(1ul << (int)call, 0)
        : (uint)call < Capacity ? new(0, 1ul << (int)((uint)call - BitsPerWord))
        : default;

    /// <summary>Whether the call with this number is in it; false for any number that no call has.</summary>
    public bool Contains(ulong number) =>
        number < BitsPerWord ? (Low >> (int)number & 1) != 0
        : number < Capacity && (High >> (int)(number - BitsPerWord) & 1) != 0;

    /// <summary>Whether the call is in it.</summary>
    public bool Contains(SystemCall call) => Contains((ulong)(uint)call);

    /// <summary>The calls of both.</summary>
    public CallSet Union(CallSet other) => new(Low | other.Low, High | other.High);

    /// <summary>The calls that are in both.</summary>
    public CallSet Intersect(CallSet other) => new(Low & other.Low, High & other.High);

    /// <summary>The calls of this one that are not in the other.</summary>
    public CallSet Except(CallSet other) => new(Low & ~other.Low, High & ~other.High);
}
