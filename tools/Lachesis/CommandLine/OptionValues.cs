using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Linq;
using Lachesis.Abi;
using Lachesis.ThreadScale;
using Lachesis.Tools.Commands.ThreadScale;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.CommandLine;

/// <summary>
/// Options whose values are checked as they are parsed. Their messages name the make variable that carries the value, since
/// that is what most people typed.
/// </summary>
internal static class OptionValues
{
    /// <summary>The most workers that thread-scale may be asked for: the threads that the kernel promises to hold.</summary>
    public const int MaxWorkers = 16384;

    private static readonly Dictionary<string, SchedulingPolicy> s_policies = new()
    {
        ["fair"] = SchedulingPolicy.Fair,
        ["priority"] = SchedulingPolicy.Priority,
        ["rr"] = SchedulingPolicy.RoundRobin,
    };

    /// <summary>A whole number within bounds.</summary>
    public static Option<int?> Integer(string name, string variable, string description, int least, int most)
    {
        Option<int?> option = new(name) { Description = description };
        option.CustomParser = result =>
        {
            if (TryParse(result.Tokens[0].Value, least, most, out int value))
            {
                return value;
            }

            result.AddError(
                $"{variable}: '{result.Tokens[0].Value}' is not a whole number from {least} to {most} ({name})");
            return null;
        };
        return option;
    }

    /// <summary>How CPUs choose among threads.</summary>
    public static Option<SchedulingPolicy?> Policy()
    {
        string allowed = string.Join('|', s_policies.Keys);
        Option<SchedulingPolicy?> option = new("--policy")
        {
            Description = "how CPUs choose among threads (default: what the scenario's tasks ask for)",
            HelpName = allowed,
        };
        option.CustomParser = result =>
        {
            if (s_policies.TryGetValue(result.Tokens[0].Value, out SchedulingPolicy policy))
            {
                return policy;
            }

            result.AddError($"POLICY: '{result.Tokens[0].Value}' is not {allowed} (--policy)");
            return null;
        };
        return option;
    }

    /// <summary>Rules of the fair policy.</summary>
    public static Option<FairFeatures?> Features()
    {
        string allowed = $"none, all or a list of {string.Join(", ", ManifestFields.FeatureNames.Keys)}";
        Option<FairFeatures?> option = new("--features")
        {
            Description = $"rules of the fair policy that are on: {allowed} (default all)",
            HelpName = "all|none|a,b",
        };
        option.CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            FairFeatures features = FairFeatures.None;
            foreach (string word in text is "all" or "none" ? [] : text.Split(','))
            {
                if (!ManifestFields.FeatureNames.TryGetValue(word, out FairFeatures feature))
                {
                    result.AddError($"FEATURES: '{text}' is not {allowed} (--features)");
                    return null;
                }

                features |= feature;
            }

            return text == "all" ? FairFeatures.All : features;
        };
        return option;
    }

    /// <summary>The loop of thread-scale's workers.</summary>
    public static Option<WorkLoopKind?> Loop()
    {
        Option<WorkLoopKind?> option = new("--loop")
        {
            Description = "what the workers do: chain (default; each step needs the last) or throughput (independent elements)",
            HelpName = "chain|throughput",
        };
        option.CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (text is "chain" or "throughput")
            {
                return text == "chain" ? WorkLoopKind.Chain : WorkLoopKind.Throughput;
            }

            result.AddError($"LOOP: '{text}' is not chain or throughput (--loop)");
            return null;
        };
        return option;
    }

    /// <summary>The word for a policy.</summary>
    public static string NameOf(SchedulingPolicy policy) => s_policies.First(pair => pair.Value == policy).Key;

    /// <summary>The request and quantum of threads for which none is set.</summary>
    public static Option<int?> Slice() => Integer(
        "--slice", "SLICE", "request and quantum of tasks that name none, in nanoseconds (default: the kernel's)",
        (int)SchedulingLimits.MinSliceNs, (int)SchedulingLimits.MaxSliceNs);

    /// <summary>A seed.</summary>
    public static Option<ulong?> Seed(string description)
    {
        Option<ulong?> option = new("--seed") { Description = description };
        option.CustomParser = result =>
        {
            if (ulong.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            {
                return value;
            }

            result.AddError($"SEED: '{result.Tokens[0].Value}' is not a whole number from 0 to {ulong.MaxValue} (--seed)");
            return null;
        };
        return option;
    }

    /// <summary>A comma-separated list of CPU counts.</summary>
    public static Option<int[]?> Cpus(string description) => List(
        "--cpus", "CPUS", description, $"list of CPU counts from 1 to {Platform.MaxCpus}", Platform.MaxCpus);

    /// <summary>A comma-separated list of worker counts.</summary>
    public static Option<int[]?> Workers(string description) => List(
        "--workers", "WORKERS", description, $"list of worker counts from 1 to {MaxWorkers}", MaxWorkers);

    /// <summary>A comma-separated list of shapes, workers x CPUs.</summary>
    public static Option<Shape[]?> Shapes(string description)
    {
        Option<Shape[]?> option = new("--shapes") { Description = description, HelpName = "1x1,1x2,..." };
        option.CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            List<Shape> shapes = [];
            foreach (string item in text.Split(','))
            {
                string[] sides = item.Split('x');
                if (sides.Length != 2 || !TryParse(sides[0], 1, MaxWorkers, out int workers)
                    || !TryParse(sides[1], 1, Platform.MaxCpus, out int cpus))
                {
                    result.AddError($"SHAPES: '{text}' is not a list of WORKERSxCPUS such as 1x1,2x2, with 1 to "
                        + $"{MaxWorkers} workers and 1 to {Platform.MaxCpus} CPUs (--shapes)");
                    return null;
                }

                AddOnce(shapes, new Shape(workers, cpus));
            }

            return [.. shapes];
        };
        return option;
    }

    /// <summary>The list that was given, or null: the parser itself makes an absent list an empty one.</summary>
    public static T[]? Given<T>(this ParseResult parsed, Option<T[]?> option) =>
        parsed.GetValue(option) is { Length: > 0 } list ? list : null;

    private static Option<int[]?> List(string name, string variable, string description, string allowed, int most)
    {
        Option<int[]?> option = new(name) { Description = description, HelpName = "1,2,..." };
        option.CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            List<int> values = [];
            foreach (string item in text.Split(','))
            {
                if (!TryParse(item, 1, most, out int value))
                {
                    result.AddError($"{variable}: '{text}' is not a {allowed} ({name})");
                    return null;
                }

                AddOnce(values, value);
            }

            return [.. values];
        };
        return option;
    }

    private static void AddOnce<T>(List<T> list, T item)
    {
        if (!list.Contains(item))
        {
            list.Add(item);
        }
    }

    private static bool TryParse(string text, int least, int most, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;
}
