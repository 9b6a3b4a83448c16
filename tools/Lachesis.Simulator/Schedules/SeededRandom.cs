namespace Lachesis.Simulator;

/// <summary>Random numbers that follow from a seed alone, on every host (SplitMix64).</summary>
internal struct SeededRandom
{
    private ulong _state;

    /// <summary>SeededRandom of their own for each purpose: a draw for one never shifts the draws for another.</summary>
    public SeededRandom(long seed, ulong purpose, ulong number)
    {
        _state = (ulong)seed;
        _state = Next() ^ purpose;
        _state = Next() ^ number;
        Next();
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 below <paramref name="limit"/>, which is positive.</summary>
    public int Below(int limit) => (int)((Next() >> 32) * (ulong)limit >> 32);

    /// <summary>True once in <paramref name="times"/> on average; never for 0.</summary>
    public bool OneIn(int times) => times != 0 && Below(times) == 0;

    /// <summary>One of these.</summary>
    public T OneOf<T>(params System.ReadOnlySpan<T> choices) => choices[Below(choices.Length)];
}
