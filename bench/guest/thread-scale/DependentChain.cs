using System.Runtime.CompilerServices;

namespace Lachesis.ThreadScale;

/// <summary>
/// A loop that is bound by latency: every step needs the result of the step before, so a processor core does a few of the
/// instructions that it could, and two hyperthreads of one core do not slow each other down.
/// </summary>
/// <remarks>
/// The chain is the linear congruential sequence x' = f(x) = a x + c modulo 2^64, from x = seed. With a = 1 modulo 4 and c odd it
/// runs through all 2^64 states before one comes again (Hull and Dobell, 1962). Element i is <see cref="StepsPerElement"/> steps; with x
/// the state after them, its value is x xor (x >> 32).
/// <para>
/// n steps in a row are again such a map, x -> A(n) x + C(n), with A(m + n) = A(m) A(n) and C(m + n) = A(m) C(n) + C(m). So any
/// state of the chain is found in 64 rounds of squaring, and a worker need not wait for the one before it. a is odd, so
/// f is one to one: one wrong step makes all later states of the worker's part wrong.
/// </para>
/// </remarks>
internal static class DependentChain
{
    /// <summary>Steps of the chain that make an element: enough that what a round of the loop costs besides is little beside them, also
    /// translated by QEMU, which keeps the registers in memory between rounds and looks the next code up where the loop crosses a
    /// page.</summary>
    internal const int StepsPerElement = 64;

    /// <summary>a: one that fits an instruction's immediate operand, so that a step is a multiplication and an addition.</summary>
    internal const ulong Multiplier = 1_664_525;

    /// <summary>c: likewise.</summary>
    internal const ulong Increment = 1_013_904_223;

    /// <summary>The sum, modulo 2^64, of the values of elements <paramref name="first"/> .. <paramref name="end"/> - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static ulong SumOf(ulong seed, ulong first, ulong end)
    {
        ulong x = Jump(seed, first * StepsPerElement);
        ulong sum = 0;
        for (ulong i = first; i < end; i++)
        {
            x = Step16(Step16(Step16(Step16(x))));
            sum += x ^ (x >> 32);
        }

        return sum;
    }

    /// <summary>The state that is so many steps after another. Steps count modulo 2^64, the length of the cycle.</summary>
    internal static ulong Jump(ulong x, ulong steps)
    {
        // In round k: the map of 2^k steps. Maps of steps commute, so the low bits may go first.
        ulong a = Multiplier;
        ulong c = Increment;
        for (; steps != 0; steps >>= 1)
        {
            x = (steps & 1) != 0 ? (a * x) + c : x;
            c = (a * c) + c;
            a *= a;
        }

        return x;
    }

    // Written out, as the compiler unrolls no loop of it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Step16(ulong x)
    {
        x = Step(Step(Step(Step(x))));
        x = Step(Step(Step(Step(x))));
        x = Step(Step(Step(Step(x))));
        return Step(Step(Step(Step(x))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Step(ulong x) => (x * Multiplier) + Increment;
}
