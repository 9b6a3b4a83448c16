using System.Collections.Generic;
using System.Linq;

namespace Lachesis.Tools.Reports;

/// <summary>One run of one measured case.</summary>
/// <param name="Run">The number of the run, from 0.</param>
public sealed record ReportCase(long Run)
{
    /// <summary>Names and values of what was varied, in the guest's order.</summary>
    public List<KeyValuePair<string, long>> Parameters { get; } = [];

    /// <summary>Names and values of what was measured, in the guest's order.</summary>
    public List<KeyValuePair<string, long>> Metrics { get; } = [];

    /// <summary>Whether the guest verified the result of this run.</summary>
    public bool Verified { get; internal set; }

    /// <summary>A metric's value, or null if the guest sent none of that name.</summary>
    public long? Metric(string name) => Find(Metrics, name);

    /// <summary>A parameter's value, or null if the guest sent none of that name.</summary>
    public long? Parameter(string name) => Find(Parameters, name);

    /// <summary>The parameters as text: equal for runs of the same case.</summary>
    public string Key => KeyOf(Parameters);

    /// <summary>Parameters as text.</summary>
    public static string KeyOf(IEnumerable<KeyValuePair<string, long>> parameters) =>
        string.Join(' ', parameters.Select(static pair => $"{pair.Key}={pair.Value}"));

    private static long? Find(List<KeyValuePair<string, long>> pairs, string name)
    {
        foreach (KeyValuePair<string, long> pair in pairs)
        {
            if (pair.Key == name)
            {
                return pair.Value;
            }
        }

        return null;
    }
}
