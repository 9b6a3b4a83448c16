using System.Diagnostics;
using System.Runtime.CompilerServices;
using Lachesis.Abi;

namespace Lachesis.Core.Measure;

/// <summary>The counters of one CPU, written by that CPU alone.</summary>
public unsafe struct CpuCounters
{
    private fixed ulong _values[(int)Counter.Count];

    /// <summary>A counter's value.</summary>
    public ulong this[Counter counter]
    {
        get => _values[(int)counter];
        set => _values[(int)counter] = value;
    }

    /// <summary>Adds one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Increment(Counter counter) => _values[(int)counter]++;

    /// <summary>Adds to a counter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Counter counter, long amount) => _values[(int)counter] += (ulong)amount;

    /// <summary>Adds to a counter in measured builds; compiled out of others.</summary>
    [Conditional("MEASURE")]
    public void Measure(Counter counter, long amount = 1) => _values[(int)counter] += (ulong)amount;
}
