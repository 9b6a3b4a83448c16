using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;

namespace Lachesis.Tools.Evidence;

/// <summary>Two results beside each other: everything but what is of one run alone, its date and id and the host's load.</summary>
public static class EvidenceComparison
{
    /// <summary>What differs, one line each, in the order of the first file.</summary>
    public static IReadOnlyList<string> Differences(JsonObject first, JsonObject second)
    {
        List<string> differences = [];
        JsonObject[] both = [(JsonObject)first.DeepClone(), (JsonObject)second.DeepClone()];
        Array.ForEach(both, static file => file.Remove(EvidenceFile.RunKey));
        Compare("", both[0], both[1], differences);
        return differences;
    }

    private static void Compare(string path, JsonNode? first, JsonNode? second, List<string> differences)
    {
        if (first is JsonObject left && second is JsonObject right)
        {
            foreach (string key in left.Select(static pair => pair.Key).Union(right.Select(static pair => pair.Key)))
            {
                Compare(path.Length == 0 ? key : $"{path}.{key}", left[key], right[key], differences);
            }
        }
        else if (first is JsonArray one && second is JsonArray other)
        {
            for (int i = 0; i < Math.Max(one.Count, other.Count); i++)
            {
                Compare($"{path}[{i}]", i < one.Count ? one[i] : null, i < other.Count ? other[i] : null, differences);
            }
        }
        else if (!JsonNode.DeepEquals(first, second))
        {
            differences.Add($"{path}: {Text(first)} and {Text(second)}");
        }
    }

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "nothing";
}
