namespace Lachesis.ThreadScale;

/// <summary>How long the workers of a run took, each from its first instruction to its last.</summary>
internal unsafe struct Spread
{
    internal long Least;
    internal long Median;
    internal long Most;

    /// <summary>Of the workers 0 .. count - 1. The median is found by bisection of the value: no room for sorting is
    /// needed.</summary>
    internal static Spread Of(ref WorkerMemory crew, uint count)
    {
        Spread spread = default;
        spread.Least = long.MaxValue;
        for (uint i = 0; i < count; i++)
        {
            long taken = crew[i]->Ended - crew[i]->Began;
            spread.Least = taken < spread.Least ? taken : spread.Least;
            spread.Most = taken > spread.Most ? taken : spread.Most;
        }

        long low = spread.Least;
        long high = spread.Most;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (CountUpTo(ref crew, count, middle) * 2 >= count)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        spread.Median = low;
        return spread;
    }

    private static uint CountUpTo(ref WorkerMemory crew, uint count, long limit)
    {
        uint found = 0;
        for (uint i = 0; i < count; i++)
        {
            found += crew[i]->Ended - crew[i]->Began <= limit ? 1u : 0;
        }

        return found;
    }
}
