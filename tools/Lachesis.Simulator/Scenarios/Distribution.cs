using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;

namespace Lachesis.Simulator.Scenarios;

/// <summary>
/// How often which values came: exact up to <see cref="MaxExact"/> of them, and from then on to within one part in <see
/// cref="Parts"/>, in memory that is bounded however many come. The smallest and the largest are always exact.
/// </summary>
/// <remarks>Beyond the exact ones, a value is counted in a bucket: each power of two has <see cref="Parts"/> of equal width, negative
/// values their own. A percentile is a bucket's upper end, so that it is never less than the exact one.</remarks>
public sealed class Distribution
{
    /// <summary>How many values are kept as they are.</summary>
    public const int MaxExact = 512;

    /// <summary>Buckets of each power of two.</summary>
    public const int Parts = 1 << PartBits;

    private const int PartBits = 7;

    private List<long>? _values = [];
    private Dictionary<long, long>? _buckets;
    private long[]? _sorted;

    /// <summary>How many values came.</summary>
    public long Count { get; private set; }

    /// <summary>The smallest; 0 if there is none.</summary>
    public long Min { get; private set; }

    /// <summary>The largest; 0 if there is none.</summary>
    public long Max { get; private set; }

    /// <summary>A value.</summary>
    public void Add(long value)
    {
        Min = Count == 0 ? value : Math.Min(Min, value);
        Max = Count == 0 ? value : Math.Max(Max, value);
        Count++;
        _sorted = null;
        if (_values is null)
        {
            AddToBucket(value);
            return;
        }

        _values.Add(value);
        if (_values.Count > MaxExact)
        {
            List<long> values = _values;
            _values = null;
            values.ForEach(AddToBucket);
        }
    }

    /// <summary>The value that so many percent of all did not exceed, by nearest rank; null if there are none.</summary>
    public long? Percentile(int percent)
    {
        if (Count == 0)
        {
            return null;
        }

        long rank = Math.Max(((Count * percent) + 99) / 100, 1);
        if (_values is not null)
        {
            _sorted ??= [.. _values.Order()];
            return _sorted[rank - 1];
        }

        long seen = 0;
        foreach ((long end, long count) in _buckets!.OrderBy(static bucket => bucket.Key))
        {
            seen += count;
            if (seen >= rank)
            {
                return Math.Clamp(end, Min, Max);
            }
        }

        return Max;
    }

    private void AddToBucket(long value)
    {
        _buckets ??= [];
        long end = value >= 0 ? UpperEnd(value) : -LowerEnd(-value);
        _buckets[end] = _buckets.GetValueOrDefault(end) + 1;
    }

    // The largest and the smallest value of the bucket that a value, which is not negative, belongs to.
    private static long UpperEnd(long value) => LowerEnd(value) + Width(value) - 1;

    private static long LowerEnd(long value) => value & ~(Width(value) - 1);

    private static long Width(long value) => value < Parts ? 1 : 1L << (BitOperations.Log2((ulong)value) - PartBits);
}
