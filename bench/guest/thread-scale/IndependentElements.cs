using System.Runtime.CompilerServices;

namespace Lachesis.ThreadScale;

/// <summary>
/// A loop that is bound by throughput: no element needs another, so a processor core works on several at a time, and two
/// hyperthreads of one core share what it can do.
/// </summary>
internal static class IndependentElements
{
    /// <summary>
    /// The sum, modulo 2^64, of the values of elements <paramref name="first"/> .. <paramref name="end"/> - 1: SplitMix64 from the
    /// seed, one value an index, each rotated left by its index, so that a value at the wrong place shows.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static ulong SumOf(ulong seed, ulong first, ulong end)
    {
        ulong sum = 0;
        for (ulong i = first; i < end; i++)
        {
            ulong z = seed + ((i + 1) * 0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            z ^= z >> 31;
            int turn = (int)i & 63;
            sum += (z << turn) | (z >> (64 - turn & 63));
        }

        return sum;
    }
}
