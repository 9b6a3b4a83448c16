using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Boot;
using Lachesis.Tools.Boots;

namespace Lachesis.Tools.Manifests;

/// <summary>Turns JSON into a <see cref="ManifestDocument"/>, refusing every field and value that it does not
/// know.</summary>
internal static class ManifestParser
{
    private const int LongestName = 47;
    private const int MaxTags = 16;

    internal static ManifestDocument Load(string path) => JsonText.Load(path, node => ReadRoot(path, node));

    internal static ManifestDocument Parse(string path, ReadOnlyMemory<byte> json) =>
        JsonText.Parse(path, json, node => ReadRoot(path, node));

    private static ManifestDocument ReadRoot(string path, ManifestNode node)
    {
        Dictionary<string, ManifestNode> fields = node.Fields(ManifestFields.Root, ManifestFields.RootRequired);
        return new ManifestDocument
        {
            Source = path,
            Name = fields[ManifestFields.Name].Word(LongestName),
            Processes = fields[ManifestFields.Processes].Items(1, ManifestHeader.MaxProcesses).Select(ReadProcess).ToList(),
            Programs = Read(fields, ManifestFields.Programs, ReadPrograms, []),
            Pools = Read(fields, ManifestFields.Pools, ReadPools, default),
            SliceNs = (uint)Read(
                fields, ManifestFields.SliceNs, n => n.Number((int)BootLimits.MinDefaultSliceNs, (int)BootLimits.MaxDefaultSliceNs), 0),
            Policy = Read(
                fields, ManifestFields.Policy, n => OneOf(n, "a policy", ManifestFields.PolicyNames), SchedulingPolicy.Fair),
            Features = Read(fields, ManifestFields.Features, ReadFeatures, FairFeatures.All),
            Host = ReadHost(fields),
        };
    }

    private static HostSettings ReadHost(Dictionary<string, ManifestNode> fields) => new()
    {
        Expect = Read(fields, ManifestFields.Expect, ReadExpectation, Outcome.Pass),
        TimeoutSeconds = Read<int?>(
            fields, ManifestFields.TimeoutSeconds, n => n.Number(1, HostSettings.MaxTimeoutSeconds), null),
        Cpus = Read<IReadOnlyList<int>>(
            fields, ManifestFields.Cpus,
            n => n.Distinct(1, Platform.MaxCpus, item => item.Number(1, Platform.MaxCpus)), [1, 2]),
        MemoryMiB = Read<int?>(
            fields, ManifestFields.MemoryMiB, n => n.Number(HostSettings.MinMemoryMiB, HostSettings.MaxMemoryMiB), null),
        Tags = Read<IReadOnlyList<string>>(
            fields, ManifestFields.Tags, n => n.Distinct(0, MaxTags, item => item.Word(LongestName)), []),
    };

    private static Outcome ReadExpectation(ManifestNode node)
    {
        if (node.IsObject)
        {
            ManifestNode failure = node.Fields(ManifestFields.Expectation, ManifestFields.Expectation)[ManifestFields.Failure];
            return OneOf(failure, "a failure", ManifestFields.FailureNames);
        }

        return node.IsString && node.Text() == ManifestFields.Pass
            ? Outcome.Pass
            : throw node.Error("must be \"pass\" or { \"failure\": ... }");
    }

    private static PoolCapacities ReadPools(ManifestNode node)
    {
        Dictionary<string, ManifestNode> fields = node.Fields(ManifestFields.Pool, []);
        return new PoolCapacities
        {
            Threads = ReadUnsigned(fields, ManifestFields.Threads, 1, BootLimits.MaxThreads, 0),
            Processes = ReadUnsigned(fields, ManifestFields.Processes, 1, BootLimits.MaxProcesses, 0),
            Endpoints = ReadUnsigned(fields, ManifestFields.Endpoints, 1, BootLimits.MaxObjects, 0),
            Notifications = ReadUnsigned(fields, ManifestFields.Notifications, 1, BootLimits.MaxObjects, 0),
            Replies = ReadUnsigned(fields, ManifestFields.Replies, 1, BootLimits.MaxObjects, 0),
            Timers = ReadUnsigned(fields, ManifestFields.Timers, 1, BootLimits.MaxObjects, 0),
            Rings = ReadUnsigned(fields, ManifestFields.Rings, 1, BootLimits.MaxObjects, 0),
        };
    }

    private static List<string> ReadPrograms(ManifestNode node) =>
        node.Distinct(0, RamdiskHeader.MaxEntries - 1, item => item.Word(RamdiskEntry.MaxName));

    private static ProcessSettings ReadProcess(ManifestNode node)
    {
        Dictionary<string, ManifestNode> fields = node.Fields(ManifestFields.Process, ManifestFields.ProcessRequired);
        return new ProcessSettings
        {
            Program = fields[ManifestFields.Program].Word(RamdiskEntry.MaxName),
            Argument = Read(fields, ManifestFields.Argument, n => n.Text(), ""),
            Parameters = Read<IReadOnlyList<ProgramParameter>>(fields, ManifestFields.Parameters, ReadParameters, []),
            Grants = Read(fields, ManifestFields.Grants, ReadGrants, Grants.None),
            CpuMask = Read(fields, ManifestFields.Cpus, ReadMask, ulong.MaxValue),
            Weight = ReadWeight(node, fields),
            RequestNs = ReadUnsigned(
                fields, ManifestFields.RequestNs, SchedulingLimits.MinSliceNs, SchedulingLimits.MaxSliceNs, 0),
            QuantumNs = ReadUnsigned(
                fields, ManifestFields.QuantumNs, SchedulingLimits.MinQuantumNs, SchedulingLimits.MaxQuantumNs, 0),
            Priority = ReadUnsigned(
                fields, ManifestFields.Priority, 0, SchedulingLimits.MaxPriority, SchedulingLimits.DefaultPriority),
            Service = ReadUnsigned(fields, ManifestFields.Service, 0, SchedulingLimits.MaxGroups - 1, 0),
            Session = ReadUnsigned(fields, ManifestFields.Session, 0, SchedulingLimits.MaxGroups - 1, 0),
        };
    }

    private static List<ProgramParameter> ReadParameters(ManifestNode node)
    {
        var parameters = new List<ProgramParameter>();
        foreach ((string name, ManifestNode value) in node.Properties("what each name=value of the argument may be"))
        {
            if (parameters.Exists(other => other.Name == name))
            {
                throw value.Error("occurs twice");
            }

            parameters.Add(ReadParameter(name, value));
        }

        return parameters;
    }

    private static ProgramParameter ReadParameter(string name, ManifestNode node)
    {
        Dictionary<string, ManifestNode> fields = node.Fields(ManifestFields.Parameter, []);
        bool isNumber = fields.ContainsKey(ManifestFields.Least) || fields.ContainsKey(ManifestFields.Most);
        long least = Read(fields, ManifestFields.Least, static n => n.LongNumber(0, long.MaxValue), 0);
        long most = Read(fields, ManifestFields.Most, n => n.LongNumber(least, long.MaxValue), long.MaxValue);
        return new ProgramParameter(
            name, isNumber ? (least, most) : null, Read<string?>(fields, ManifestFields.Variable, static n => n.Text(), null));
    }

    // Nice is another way of saying a weight, so that there is only one thing to set.
    private static uint ReadWeight(ManifestNode node, Dictionary<string, ManifestNode> fields)
    {
        if (!fields.TryGetValue(ManifestFields.Nice, out ManifestNode nice))
        {
            return ReadUnsigned(fields, ManifestFields.Weight, SchedulingLimits.MinWeight, SchedulingLimits.MaxWeight, 0);
        }

        return fields.ContainsKey(ManifestFields.Weight)
            ? throw node.Error($"either '{ManifestFields.Weight}' or '{ManifestFields.Nice}', not both")
            : Nice.WeightOf(nice.Number(Nice.Min, Nice.Max));
    }

    private static uint ReadUnsigned(
        Dictionary<string, ManifestNode> fields, string name, uint least, uint most, uint otherwise) =>
        (uint)Read(fields, name, n => n.Number((int)least, (int)most), (int)otherwise);

    private static FairFeatures ReadFeatures(ManifestNode node) => node
        .Distinct(0, ManifestFields.FeatureNames.Count, item => OneOf(item, "a feature", ManifestFields.FeatureNames))
        .Aggregate(FairFeatures.None, (all, feature) => all | feature);

    private static Grants ReadGrants(ManifestNode node) => node
        .Distinct(0, ManifestFields.GrantNames.Count, item => OneOf(item, "a grant", ManifestFields.GrantNames))
        .Aggregate(Grants.None, (all, grant) => all | grant);

    private static ulong ReadMask(ManifestNode node)
    {
        if (node.IsString)
        {
            return node.Text() == ManifestFields.AllCpus
                ? ulong.MaxValue
                : throw node.Error("must be \"all\" or a list of CPU numbers");
        }

        return node.Distinct(1, Platform.MaxCpus, item => item.Number(0, Platform.MaxCpus - 1))
            .Aggregate(0UL, (mask, cpu) => mask | (1UL << cpu));
    }

    private static T OneOf<T>(ManifestNode node, string what, IReadOnlyDictionary<string, T> names)
    {
        string word = node.Text();
        return names.TryGetValue(word, out T? value) ? value : throw node.NotOneOf(word, what, names.Keys);
    }

    private static T Read<T>(
        Dictionary<string, ManifestNode> fields, string name, Func<ManifestNode, T> read, T otherwise) =>
        fields.TryGetValue(name, out ManifestNode node) ? read(node) : otherwise;
}
