using System;
using System.IO;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Tools.Boots;
using Lachesis.Tools.Manifests;
using Xunit;

namespace Lachesis.Tools.Tests.Manifests;

public class ManifestDocumentTests
{
    [Fact]
    public void Everything_is_read()
    {
        ManifestDocument document = ManifestText.Parse("""
            {
              "$schema": "../manifest.schema.json",
              "name": "thread", // comments and trailing commas are allowed
              "expect": { "failure": "tripleFault" },
              "timeoutSeconds": 7, "cpus": [1, 8], "memoryMiB": 256, "tags": ["smoke", "slow"],
              "pools": {
                "threads": 20000, "processes": 64, "endpoints": 1, "notifications": 2, "replies": 3, "timers": 4, "rings": 65536
              },
              "sliceNs": 5000000,
              "policy": "priority", "features": ["shortBursts"],
              "programs": ["child", "other", "thread"],
              "processes": [
                { "program": "thread", "argument": "a=1 é", "grants": ["log", "machine"], "cpus": [0, 63],
                  "weight": 2048, "requestNs": 100000, "quantumNs": 20000, "priority": 255, "service": 63, "session": 1 },
                { "program": "child", "cpus": "all", "nice": 5 },
              ],
            }
            """);

        Assert.Equal("thread", document.Name);
        Assert.Equal(Outcome.TripleFault, document.Host.Expect);
        Assert.Equal(7, document.Host.TimeoutSeconds);
        Assert.Equal([1, 8], document.Host.Cpus);
        Assert.Equal(256, document.Host.MemoryMiB);
        Assert.Equal(["smoke", "slow"], document.Host.Tags);
        PoolCapacities pools = document.Pools;
        Assert.Equal((20000u, 64u), (pools.Threads, pools.Processes));
        Assert.Equal((1u, 2u, 3u, 4u, 65536u), (pools.Endpoints, pools.Notifications, pools.Replies, pools.Timers, pools.Rings));
        Assert.Equal(5_000_000u, document.SliceNs);
        Assert.Equal((SchedulingPolicy.Priority, FairFeatures.ShortBursts), (document.Policy, document.Features));
        ProcessSettings first = document.Processes[0];
        Assert.Equal((2048u, 100_000u, 20_000u, 255u), (first.Weight, first.RequestNs, first.QuantumNs, first.Priority));
        Assert.Equal((63u, 1u), (first.Service, first.Session));
        Assert.Equal(335u, document.Processes[1].Weight);
        Assert.Equal(["thread", "child", "other"], document.AllPrograms);
        Assert.Equal("a=1 é", document.Processes[0].Argument);
        Assert.Equal(Grants.Log | Grants.Machine, document.Processes[0].Grants);
        Assert.Equal(0x8000_0000_0000_0001, document.Processes[0].CpuMask);
        Assert.Equal(ulong.MaxValue, document.Processes[1].CpuMask);
    }

    [Fact]
    public void Little_has_to_be_said()
    {
        ManifestDocument document = ManifestText.Parse(ManifestText.Smallest);

        Assert.Equal(Outcome.Pass, document.Host.Expect);
        Assert.Null(document.Host.TimeoutSeconds);
        Assert.Null(document.Host.MemoryMiB);
        Assert.Equal([1, 2], document.Host.Cpus);
        Assert.Empty(document.Host.Tags);
        Assert.Equal(0u, document.Pools.Threads);
        Assert.Equal(0u, document.SliceNs);
        Assert.Equal((SchedulingPolicy.Fair, FairFeatures.All), (document.Policy, document.Features));
        ProcessSettings process = Assert.Single(document.Processes);
        Assert.Equal("", process.Argument);
        Assert.Equal(Grants.None, process.Grants);
        Assert.Equal(ulong.MaxValue, process.CpuMask);
        Assert.Equal(
            (0u, 0u, 0u, SchedulingLimits.DefaultPriority),
            (process.Weight, process.RequestNs, process.QuantumNs, process.Priority));
        Assert.Equal((0u, 0u), (process.Service, process.Session));
    }

    [Fact]
    public void Passing_can_be_said() =>
        Assert.Equal(Outcome.Pass, ManifestText.Parse(ManifestText.With("\"expect\": \"pass\"")).Host.Expect);

    [Theory]
    [InlineData("[]", "must be an object with the fields $schema, name,")]
    [InlineData("{ \"name\": \"m\" }", "the field 'processes' is missing")]
    [InlineData("{ \"processes\": [ { \"program\": \"p\" } ] }", "the field 'name' is missing")]
    [InlineData("{ \"name\": \"m\", \"processes\": [] }", "processes: 0 entries; allowed: 1 to 64")]
    [InlineData("{ \"name\": \"m\", \"processes\": [ {} ] }", "processes[0]: the field 'program' is missing")]
    [InlineData("{ \"name\": \"m\", \"processes\": [ 3 ] }", "processes[0]: must be an object")]
    [InlineData("{ \"name\": \"m\", \"processes\": {} }", "processes: must be a list")]
    [InlineData("{ \"name\": \"A\", \"processes\": [] }", "name: 'A' is not a name: 1 to 47 lower-case letters")]
    [InlineData("{ \"name\": \"../x\", \"processes\": [] }", "name: '../x' is not a name")]
    [InlineData("{ \"name\": 3, \"processes\": [] }", "name: must be a string")]
    [InlineData("{ \"name\": \"\\ud800\", \"processes\": [] }", "name: is not valid Unicode")]
    public void The_shape_is_checked(string json, string error) =>
        Assert.StartsWith(error, ManifestText.ErrorOf(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"foo\": 1", "'foo' is not a field; allowed: $schema, name, expect,")]
    [InlineData("\"a\\nb\": 1", "'a?b' is not a field")]
    [InlineData("\"name\": \"n\"", "the field 'name' occurs twice")]
    [InlineData("\"expect\": \"fail\"", "expect: must be \"pass\" or { \"failure\": ... }")]
    [InlineData("\"expect\": {}", "expect: the field 'failure' is missing")]
    [InlineData("\"expect\": { \"failure\": \"pass\" }", "expect.failure: 'pass' is not a failure; allowed: ")]
    [InlineData("\"expect\": { \"failure\": \"Panic\" }", "expect.failure: 'Panic' is not a failure; allowed: ")]
    [InlineData("\"timeoutSeconds\": 0", "timeoutSeconds: 0 is not a whole number from 1 to 86400")]
    [InlineData("\"timeoutSeconds\": 1.5", "timeoutSeconds: 1.5 is not a whole number")]
    [InlineData("\"timeoutSeconds\": 1e99", "timeoutSeconds: 1e99 is not a whole number")]
    [InlineData("\"timeoutSeconds\": \"7\"", "timeoutSeconds: \"7\" is not a whole number")]
    [InlineData("\"cpus\": []", "cpus: 0 entries; allowed: 1 to 64")]
    [InlineData("\"cpus\": [0]", "cpus[0]: 0 is not a whole number from 1 to 64")]
    [InlineData("\"cpus\": [1, 2, 1]", "cpus[2]: 1 occurs twice")]
    [InlineData("\"memoryMiB\": 31", "memoryMiB: 31 is not a whole number from 32 to")]
    [InlineData("\"tags\": [\"a\", \"a\"]", "tags[1]: a occurs twice")]
    [InlineData("\"pools\": { \"thread\": 1 }", "pools: 'thread' is not a field; allowed: threads, processes, endpoints")]
    [InlineData("\"pools\": { \"threads\": 0 }", "pools.threads: 0 is not a whole number from 1 to 1000000")]
    [InlineData("\"pools\": { \"threads\": 1000001 }", "pools.threads: 1000001 is not a whole number")]
    [InlineData("\"pools\": { \"endpoints\": 0 }", "pools.endpoints: 0 is not a whole number from 1 to 65536")]
    [InlineData("\"pools\": { \"timers\": 65537 }", "pools.timers: 65537 is not a whole number from 1 to 65536")]
    [InlineData("\"pools\": { \"rings\": \"many\" }", "pools.rings: ")]
    [InlineData("\"sliceNs\": 9999", "sliceNs: 9999 is not a whole number from 10000 to 1000000000")]
    [InlineData("\"policy\": \"fifo\"", "policy: 'fifo' is not a policy; allowed: fair, priority, roundRobin")]
    [InlineData("\"features\": [\"all\"]", "features[0]: 'all' is not a feature; allowed: runToParity, shortBursts")]
    [InlineData("\"programs\": [\"x.elf\"]", "programs[0]: 'x.elf' is not a name")]
    [InlineData("\"programs\": [\"x\", \"x\"]", "programs[1]: x occurs twice")]
    public void Fields_are_checked(string fields, string error) =>
        Assert.StartsWith(error, ManifestText.ErrorOf(ManifestText.With(fields)), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"grant\": []", "processes[0]: 'grant' is not a field; allowed: program, argument, parameters, grants, cpus")]
    [InlineData(
        "\"grants\": [\"log\", \"foo\"]",
        "processes[0].grants[1]: 'foo' is not a grant; allowed: log, report, spawn, machine")]
    [InlineData("\"grants\": [\"none\"]", "processes[0].grants[0]: 'none' is not a grant")]
    [InlineData("\"grants\": [\"log\", \"log\"]", "processes[0].grants[1]: Log occurs twice")]
    [InlineData("\"grants\": \"log\"", "processes[0].grants: must be a list")]
    [InlineData("\"cpus\": \"none\"", "processes[0].cpus: must be \"all\" or a list of CPU numbers")]
    [InlineData("\"cpus\": []", "processes[0].cpus: 0 entries; allowed: 1 to 64")]
    [InlineData("\"cpus\": [64]", "processes[0].cpus[0]: 64 is not a whole number from 0 to 63")]
    [InlineData("\"weight\": 0", "processes[0].weight: 0 is not a whole number from 1 to 100000")]
    [InlineData("\"nice\": 20", "processes[0].nice: 20 is not a whole number from -20 to 19")]
    [InlineData("\"nice\": 0, \"weight\": 1024", "processes[0]: either 'weight' or 'nice', not both")]
    [InlineData("\"requestNs\": 99999", "processes[0].requestNs: 99999 is not a whole number from 100000 to 100000000")]
    [InlineData("\"quantumNs\": 9999", "processes[0].quantumNs: 9999 is not a whole number from 10000 to 1000000000")]
    [InlineData("\"priority\": 256", "processes[0].priority: 256 is not a whole number from 0 to 255")]
    [InlineData("\"service\": 64", "processes[0].service: 64 is not a whole number from 0 to 63")]
    [InlineData("\"session\": -1", "processes[0].session: -1 is not a whole number from 0 to 63")]
    [InlineData("\"argument\": null", "processes[0].argument: must be a string")]
    public void Processes_are_checked(string fields, string error) =>
        Assert.StartsWith(error, ManifestText.ErrorOf(ManifestText.WithProcess(fields)), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\n  \"name\": }", "line 2, column 11: ")]
    [InlineData("", "line 1, column 1: ")]
    [InlineData("{ \"name\": \"m\" } x", "line 1, column 17: ")]
    public void Syntax_errors_say_where(string json, string error)
    {
        string message = ManifestText.ErrorOf(json);
        Assert.StartsWith(error, message, StringComparison.Ordinal);
        Assert.DoesNotContain("BytePosition", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lengths_count_bytes_not_characters()
    {
        string longest = new('é', ProgramStart.MaxArgument / 2);
        Assert.Equal(longest, ManifestText.Parse(ManifestText.WithProcess($"\"argument\": \"{longest}\"")).Processes[0].Argument);
        Assert.Equal(
            "processes[0].argument: 1026 bytes; at most 1024 are allowed",
            ManifestText.ErrorOf(ManifestText.WithProcess($"\"argument\": \"{longest}é\"")));
    }

    [Fact]
    public void Changes_after_loading_are_checked_again()
    {
        ManifestDocument document = ManifestText.Parse(ManifestText.Smallest);
        document.Processes[0].CpuMask = 0;
        Assert.EndsWith(
            "processes[0].cpus: no CPU is left to run on", Assert.Throws<ManifestException>(document.Check).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_holds_at_least_the_first_processes() => Assert.Equal(
        "pools.threads: 1 is too few for the 2 processes that start at boot",
        ManifestText.ErrorOf("""
            { "name": "m", "pools": { "threads": 1 }, "processes": [ { "program": "p" }, { "program": "p" } ] }
            """));

    [Fact]
    public void A_ramdisk_holds_only_so_many_programs()
    {
        string programs = string.Join(", ", Enumerable.Range(0, 63).Select(i => $"\"q{i}\""));
        Assert.Equal(
            "programs: 64 programs in all; a ramdisk holds at most 63",
            ManifestText.ErrorOf(ManifestText.With($"\"programs\": [{programs}]")));
    }

    [Fact]
    public void A_missing_file_is_a_manifest_error()
    {
        string path = Path.Combine(Path.GetTempPath(), "lachesis-no-such-folder", "manifest.json");
        string message = Assert.Throws<ManifestException>(() => ManifestDocument.Load(path)).Message;
        Assert.StartsWith($"{path}: cannot be read: ", message, StringComparison.Ordinal);
    }
}
