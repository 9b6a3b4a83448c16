using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Gates.Rules;

namespace Lachesis.Tools.Gates.Code;

/// <summary>Ways of calls that lead round on a path, without coming through a function for which a bound is stated.</summary>
internal sealed class RecursionSearch(CallGraph graph, PathPromise path, CodeFunction[] functions)
{
    /// <summary>What is wrong: a recursion that nobody stated, or a statement about one that is not there.</summary>
    internal IEnumerable<string> Findings()
    {
        if (FindCycle(path.Recursion.Keys.ToArray()) is { } round)
        {
            yield return $"recursion without a stated bound: {string.Join(" > ", round.Select(step => step.SourceName))}";
        }

        foreach (SymbolPattern pattern in path.Recursion.Keys)
        {
            if (FindCycle(path.Recursion.Keys.Where(other => other != pattern).ToArray()) is null)
            {
                yield return $"recursion through '{pattern}' is stated, and there is none";
            }
        }
    }

    // Depth first over the calls; null if nothing leads round.
    private List<CodeFunction>? FindCycle(SymbolPattern[] without)
    {
        HashSet<CodeFunction> left = [.. functions.Where(function => !without.Any(pattern => pattern.MatchesSourceOf(function)))];
        var way = new List<CodeFunction>();
        foreach (CodeFunction function in functions)
        {
            if (left.Contains(function) && Search(function, left, way) is { } round)
            {
                return round;
            }
        }

        return null;
    }

    private List<CodeFunction>? Search(CodeFunction function, HashSet<CodeFunction> left, List<CodeFunction> way)
    {
        if (way.IndexOf(function) is >= 0 and var begin)
        {
            return [.. way[begin..], function];
        }

        way.Add(function);
        foreach (CodeFunction callee in graph.NodeOf(function).Callees.Where(left.Contains))
        {
            if (Search(callee, left, way) is { } round)
            {
                return round;
            }
        }

        // All that it leads to has been looked at.
        way.RemoveAt(way.Count - 1);
        left.Remove(function);
        return null;
    }
}
