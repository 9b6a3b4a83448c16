using System.Numerics;

namespace Lachesis.Tools.Commands;

/// <summary>
/// The work of thread-scale, computed apart from the guest: the sum, modulo 2^64, of the SplitMix64 sequence (Steele, Lea
/// and Flood, 2014) that starts at the seed, each element rotated left by its index. Addition commutes, so the sum does
/// not depend on how the indices were split among workers; the rotation makes it depend on every index being done once.
/// </summary>
public static class WorkSequence
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    /// <summary>The root checksum of elements 0 .. <paramref name="count"/> - 1.</summary>
    public static ulong Checksum(ulong seed, long count)
    {
        ulong sum = 0;
        ulong state = seed;
        for (long i = 0; i < count; i++)
        {
            state += Gamma;
            sum += BitOperations.RotateLeft(Mix(state), (int)(i & 63));
        }

        return sum;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
