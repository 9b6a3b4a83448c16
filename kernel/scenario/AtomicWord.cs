using System.Threading;

namespace Lachesis.Scenarios;

/// <summary>Counting in words that several threads change.</summary>
internal static class AtomicWord
{
    /// <summary>Adds to a word; gives what it was before.</summary>
    internal static ulong FetchAdd(ref ulong word, ulong value)
    {
        while (true)
        {
            ulong before = Volatile.Read(ref word);
            if (Interlocked.CompareExchange(ref word, before + value, before) == before)
            {
                return before;
            }
        }
    }

    /// <summary>One more, below 2^32, as what is parked on has 32 bits; gives what it is then.</summary>
    internal static uint Increment(ref ulong word)
    {
        while (true)
        {
            ulong before = Volatile.Read(ref word);
            ulong after = (before + 1) & uint.MaxValue;
            if (Interlocked.CompareExchange(ref word, after, before) == before)
            {
                return (uint)after;
            }
        }
    }

    /// <summary>One less, if it is not 0; whether it was not.</summary>
    internal static bool TryDecrement(ref ulong word)
    {
        while (true)
        {
            ulong before = Volatile.Read(ref word);
            if (before == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref word, before - 1, before) == before)
            {
                return true;
            }
        }
    }
}
