using System;
using Lachesis.Abi;

namespace Lachesis.Tools.Reports;

/// <summary>Names of counters in evidence: the enumeration's own, in camelCase, so there is one definition.</summary>
public static class CounterNames
{
    /// <summary>Every name, by index.</summary>
    public static readonly string[] All = Array.ConvertAll(
        Enum.GetNames<Counter>(),
        static name => char.ToLowerInvariant(name[0]) + name[1..])[..(int)Counter.Count];

    /// <summary>The name of one counter, or its number when this tool knows no such counter.</summary>
    public static string Of(int counter) => counter < All.Length ? All[counter] : $"counter {counter}";
}
