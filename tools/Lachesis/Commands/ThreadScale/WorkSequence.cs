using System;
using System.Numerics;
using Lachesis.ThreadScale;

namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>
/// The root checksum of thread-scale's work, computed apart from the guest and by other means than the workers' loops
/// (<see cref="WorkLoop"/>): a sum modulo 2^64 over all elements, which does not depend on how they were split among workers.
/// </summary>
internal static class WorkSequence
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    /// <summary>The root checksum of elements 0 .. <paramref name="count"/> - 1.</summary>
    public static ulong Checksum(WorkLoopKind loop, ulong seed, long count) =>
        loop == WorkLoopKind.Chain ? OfChain(seed, count) : OfSplitMix(seed, count);

    // One multiplication an element where the workers do one a step: n steps of x' = a x + c are x' = a^n x + c (a^n - 1) / (a - 1), here
    // in integers without bounds. And from the first element to the last, so no state is found by a jump.
    private static ulong OfChain(ulong seed, long count)
    {
        BigInteger power = BigInteger.Pow(DependentChain.Multiplier, DependentChain.StepsPerElement);
        BigInteger increment = DependentChain.Increment * ((power - 1) / (DependentChain.Multiplier - 1));
        ulong a = (ulong)(power & ulong.MaxValue);
        ulong c = (ulong)(increment & ulong.MaxValue);
        ulong sum = 0;
        ulong state = seed;
        for (long i = 0; i < count; i++)
        {
            state = (state * a) + c;
            sum += state ^ (state >> 32);
        }

        return sum;
    }

    // SplitMix64 (Steele, Lea and Flood, 2014) from the seed, each element rotated left by its index.
    private static ulong OfSplitMix(ulong seed, long count)
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
