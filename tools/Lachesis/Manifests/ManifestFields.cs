using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Lachesis.Abi;
using Lachesis.Tools.Boots;

namespace Lachesis.Tools.Manifests;

/// <summary>The words of the manifest's language. manifest.schema.json says the same to editors; a test keeps both in
/// step.</summary>
internal static class ManifestFields
{
    internal const string Schema = "$schema";
    internal const string Name = "name";
    internal const string Expect = "expect";
    internal const string Failure = "failure";
    internal const string TimeoutSeconds = "timeoutSeconds";
    internal const string Cpus = "cpus";
    internal const string MemoryMiB = "memoryMiB";
    internal const string Tags = "tags";
    internal const string Pools = "pools";
    internal const string Threads = "threads";
    internal const string Processes = "processes";
    internal const string Endpoints = "endpoints";
    internal const string Notifications = "notifications";
    internal const string Replies = "replies";
    internal const string Timers = "timers";
    internal const string Rings = "rings";
    internal const string SliceNs = "sliceNs";
    internal const string Programs = "programs";
    internal const string Program = "program";
    internal const string Argument = "argument";
    internal const string Parameters = "parameters";
    internal const string Grants = "grants";

    internal const string Least = "least";
    internal const string Most = "most";
    internal const string Variable = "variable";

    internal const string Policy = "policy";
    internal const string Features = "features";
    internal const string Weight = "weight";
    internal const string Nice = "nice";
    internal const string RequestNs = "requestNs";
    internal const string QuantumNs = "quantumNs";
    internal const string Priority = "priority";
    internal const string Service = "service";
    internal const string Session = "session";

    internal const string Pass = "pass";
    internal const string AllCpus = "all";

    internal static readonly string[] Root =
        [Schema, Name, Expect, TimeoutSeconds, Cpus, MemoryMiB, Tags, Pools, SliceNs, Policy, Features, Programs, Processes];

    internal static readonly string[] RootRequired = [Name, Processes];

    internal static readonly string[] Expectation = [Failure];

    internal static readonly string[] Pool = [Threads, Processes, Endpoints, Notifications, Replies, Timers, Rings];

    internal static readonly string[] Process =
        [Program, Argument, Parameters, Grants, Cpus, Weight, Nice, RequestNs, QuantumNs, Priority, Service, Session];

    internal static readonly string[] ProcessRequired = [Program];

    internal static readonly string[] Parameter = [Least, Most, Variable];

    internal static readonly IReadOnlyDictionary<string, Grants> GrantNames = Names(Abi.Grants.None);

    internal static readonly IReadOnlyDictionary<string, SchedulingPolicy> PolicyNames = Names(SchedulingPolicy.Count);

    internal static readonly IReadOnlyDictionary<string, FairFeatures> FeatureNames =
        Names(FairFeatures.None, FairFeatures.All);

    internal static readonly IReadOnlyDictionary<string, Outcome> FailureNames =
        Names(Outcome.Pass, Outcome.Inconclusive, Outcome.UnsupportedCpu, Outcome.QemuFailed, Outcome.Interrupted);

    private static Dictionary<string, T> Names<T>(params T[] except)
        where T : struct, Enum =>
        Enum.GetValues<T>().Except(except).ToDictionary(value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()));
}
