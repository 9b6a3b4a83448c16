namespace Lachesis.User;

/// <summary>Numbers that look random and follow from their seed (xorshift64*). Not for secrets.</summary>
public struct Random
{
    private ulong _state;

    /// <summary>The sequence of <paramref name="seed"/>; neighbouring seeds give sequences that have nothing in
    /// common.</summary>
    public Random(ulong seed)
    {
        ulong mixed = (seed + 0x9E37_79B9_7F4A_7C15) * 0xBF58_476D_1CE4_E5B9;
        mixed ^= mixed >> 31;
        _state = mixed == 0 ? 1 : mixed;
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545_F491_4F6C_DD1D;
    }

    /// <summary>The next number of 0 .. <paramref name="limit"/> - 1.</summary>
    public ulong Below(ulong limit) => (Next() >> 16) % limit;
}
