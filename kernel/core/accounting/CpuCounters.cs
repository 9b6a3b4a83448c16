using Lachesis.Abi;

namespace Lachesis.Core.Accounting;

/// <summary>The counters of one CPU. <see cref="EventCounters"/> writes them.</summary>
public unsafe struct CpuCounters
{
    private fixed ulong _values[(int)Counter.Count];

    /// <summary>A counter's value.</summary>
    public readonly ulong this[Counter counter] => _values[(int)counter];
}
