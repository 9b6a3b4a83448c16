using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Lachesis.Abi;
using Lachesis.Core.Boot;
using Lachesis.Tools.Manifests;
using Xunit;

namespace Lachesis.Tools.Tests.Manifests;

/// <summary>manifest.schema.json tells editors what the code accepts: here both are held against each other.</summary>
public sealed class ManifestSchemaTests
{
    private readonly JsonElement _root = JsonDocument.Parse(
        File.ReadAllBytes(ManifestText.PathOf("tools/Lachesis/Manifests/manifest.schema.json"))).RootElement;

    private JsonElement Process => At("properties", "processes", "items");

    private JsonElement Parameter =>
        Process.GetProperty("properties").GetProperty("parameters").GetProperty("additionalProperties");

    [Fact]
    public void Fields_are_the_same()
    {
        Assert.Equal(ManifestFields.Root, Names(_root));
        Assert.Equal(ManifestFields.RootRequired, Strings(_root.GetProperty("required")));
        Assert.Equal(ManifestFields.Pool, Names(At("properties", "pools")));
        Assert.Equal(ManifestFields.Process, Names(Process));
        Assert.Equal(ManifestFields.Parameter, Names(Parameter));
        Assert.Equal(ManifestFields.ProcessRequired, Strings(Process.GetProperty("required")));
        Assert.Equal(ManifestFields.Expectation, Names(Failure));
        Assert.Equal(ManifestFields.Expectation, Strings(Failure.GetProperty("required")));
    }

    [Fact]
    public void Unknown_fields_are_refused_by_both()
    {
        Assert.All(
            [_root, At("properties", "pools"), Process, Parameter, Failure],
            node => Assert.False(node.GetProperty("additionalProperties").GetBoolean()));
    }

    [Fact]
    public void Words_are_the_same()
    {
        JsonElement grants = Process.GetProperty("properties").GetProperty("grants").GetProperty("items");
        Assert.Equal(ManifestFields.GrantNames.Keys, Strings(grants.GetProperty("enum")));
        Assert.Equal(BootLimits.AllGrants, ManifestFields.GrantNames.Values.Aggregate((all, grant) => all | grant));
        Assert.Equal(ManifestFields.PolicyNames.Keys, Strings(At("properties", "policy", "enum")));
        Assert.Equal(ManifestFields.FeatureNames.Keys, Strings(At("properties", "features", "items", "enum")));
        Assert.Equal(FairFeatures.All, ManifestFields.FeatureNames.Values.Aggregate((all, feature) => all | feature));
        JsonElement failures = Failure.GetProperty("properties").GetProperty("failure");
        Assert.Equal(ManifestFields.FailureNames.Keys.Order(), Strings(failures.GetProperty("enum")).Order());
        Assert.Equal(ManifestFields.Pass, At("properties", "expect").GetProperty("oneOf")[0].GetProperty("const").GetString());
        Assert.Equal(ManifestFields.AllCpus, ProcessCpus[0].GetProperty("const").GetString());
    }

    [Fact]
    public void Defaults_are_the_same()
    {
        JsonElement process = Process.GetProperty("properties");
        Assert.Equal("fair", At("properties", "policy", "default").GetString());
        Assert.Equal(SchedulingLimits.DefaultWeight, process.GetProperty("weight").GetProperty("default").GetUInt32());
        Assert.Equal(SchedulingLimits.DefaultPriority, process.GetProperty("priority").GetProperty("default").GetUInt32());
    }

    [Fact]
    public void Ranges_are_the_same()
    {
        AssertRange(At("properties", "timeoutSeconds"), 1, HostSettings.MaxTimeoutSeconds);
        AssertRange(At("properties", "memoryMiB"), HostSettings.MinMemoryMiB, HostSettings.MaxMemoryMiB);
        AssertRange(At("properties", "cpus", "items"), 1, Platform.MaxCpus);
        AssertRange(At("properties", "sliceNs"), BootLimits.MinDefaultSliceNs, BootLimits.MaxDefaultSliceNs);
        AssertRange(At("properties", "pools", "properties", "threads"), 1, BootLimits.MaxThreads);
        AssertRange(At("properties", "pools", "properties", "processes"), 1, BootLimits.MaxProcesses);
        foreach (string pool in ManifestFields.Pool.Except([ManifestFields.Threads, ManifestFields.Processes]))
        {
            AssertRange(At("properties", "pools", "properties", pool), 1, BootLimits.MaxObjects);
        }

        AssertRange(ProcessCpus[1].GetProperty("items"), 0, Platform.MaxCpus - 1);
        JsonElement process = Process.GetProperty("properties");
        AssertRange(process.GetProperty("weight"), SchedulingLimits.MinWeight, SchedulingLimits.MaxWeight);
        AssertRange(process.GetProperty("nice"), Nice.Min, Nice.Max);
        AssertRange(process.GetProperty("requestNs"), SchedulingLimits.MinSliceNs, SchedulingLimits.MaxSliceNs);
        AssertRange(process.GetProperty("quantumNs"), SchedulingLimits.MinQuantumNs, SchedulingLimits.MaxQuantumNs);
        AssertRange(process.GetProperty("priority"), 0, SchedulingLimits.MaxPriority);
        AssertRange(process.GetProperty("service"), 0, SchedulingLimits.MaxGroups - 1);
        AssertRange(process.GetProperty("session"), 0, SchedulingLimits.MaxGroups - 1);
        Assert.Equal(ManifestHeader.MaxProcesses, At("properties", "processes", "maxItems").GetInt32());
        Assert.Equal(RamdiskHeader.MaxEntries - 1, At("properties", "programs", "maxItems").GetInt32());
        Assert.Equal(RamdiskEntry.MaxName, At("$defs", "word", "maxLength").GetInt32());
        Assert.Equal(
            ProgramStart.MaxArgument,
            Process.GetProperty("properties").GetProperty("argument").GetProperty("maxLength").GetInt32());
    }

    private JsonElement Failure => At("properties", "expect").GetProperty("oneOf")[1];

    private JsonElement ProcessCpus => Process.GetProperty("properties").GetProperty("cpus").GetProperty("oneOf");

    private JsonElement At(params string[] path) => path.Aggregate(_root, (node, name) => node.GetProperty(name));

    private static void AssertRange(JsonElement node, long least, long most)
    {
        Assert.Equal("integer", node.GetProperty("type").GetString());
        Assert.Equal(least, node.GetProperty("minimum").GetInt64());
        Assert.Equal(most, node.GetProperty("maximum").GetInt64());
    }

    private static IEnumerable<string> Names(JsonElement node) =>
        node.GetProperty("properties").EnumerateObject().Select(property => property.Name);

    private static IEnumerable<string> Strings(JsonElement list) => list.EnumerateArray().Select(item => item.GetString()!);
}
