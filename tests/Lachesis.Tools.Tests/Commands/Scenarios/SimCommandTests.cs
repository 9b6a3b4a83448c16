using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Lachesis.Abi;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Scenarios.Language;
using Lachesis.Tools.Tests.Manifests;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Scenarios;

public sealed class SimCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lachesis-sim-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string File => Path.Combine(_folder, "two hogs.json");

    public SimCommandTests() => System.IO.File.WriteAllText(
        File, """{ "global": { "duration": 0.002 }, "tasks": { "a": { "run": 10 }, "b": { "run": 10 } } }""");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_table_has_a_row_for_each_thread_and_the_evidence_lies_beside_it()
    {
        Assert.Equal(0, Run("--policy", "rr", "--slice", "1000000"));
        Assert.Contains("50.00%", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("rr, 1 CPU: 2 threads in 2,000,000 ns of virtual time", _output.ToString(), StringComparison.Ordinal);
        JsonElement evidence = Evidence();
        Assert.Equal("pass", evidence.GetProperty("verdict").GetString());
        Assert.Equal("simulator", evidence.GetProperty("environment").GetProperty("accel").GetString());
        JsonElement row = evidence.GetProperty("rows")[1];
        Assert.Equal(0, row.GetProperty("case").GetProperty("b").GetInt32());
        Assert.Equal(1_000_000, row.GetProperty("metrics").GetProperty("runNs")[0].GetInt32());
        Assert.Equal(500_000, row.GetProperty("metrics").GetProperty("sharePpm")[0].GetInt32());
    }

    [Fact]
    public void Dispatches_are_one_line_each_and_nothing_else()
    {
        Assert.Equal(0, Run("--policy", "rr", "--slice", "500000", "--dispatch"));
        Assert.Equal("0 0 a 500000\n500000 0 b 500000\n1000000 0 a 500000\n1500000 0 b 500000\n", _output.ToString());
    }

    [Fact]
    public void Json_is_the_evidence()
    {
        Assert.Equal(0, Run("--json"));
        Assert.Equal("sim-two-hogs", JsonDocument.Parse(_output.ToString()).RootElement.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("--policy", "fifo", "POLICY: 'fifo' is not fair|priority|rr (--policy)")]
    [InlineData("--features", "x", "FEATURES: 'x' is not none, all or a list of runToParity, shortBursts (--features)")]
    [InlineData("--slice", "1", "SLICE: '1' is not a whole number from 100000 to 100000000 (--slice)")]
    [InlineData("--cpus", "65", "CPUS: '65' is not a whole number from 1 to 64 (--cpus)")]
    [InlineData("--seed", "-1", "SEED: '-1' is not a whole number from 0 to 18446744073709551615 (--seed)")]
    public void Bad_usage_is_one_line_and_status_2(string option, string value, string message)
    {
        Assert.Equal(2, Run(option, value));
        Assert.Equal((message + "\n", ""), (_error.ToString(), _output.ToString()));
    }

    [Fact]
    public void A_bad_scenario_is_one_line_that_says_where_and_leaves_nothing()
    {
        System.IO.File.WriteAllText(File, """{ "tasks": { "a": { "loop": 1, "mem": 5 } } }""");
        Assert.Equal(2, Run());
        Assert.Equal($"{File}: tasks.a.mem: 'mem' is refused: memory traffic is not modelled; use 'run'\n", _error.ToString());
        Assert.Empty(Directory.GetDirectories(_folder));
    }

    [Fact]
    public void A_scenario_that_gets_stuck_fails_with_its_figures_and_names_who_waits_for_what()
    {
        System.IO.File.WriteAllText(File, """{ "tasks": { "a": { "loop": 1, "run": 7, "suspend": "" } } }""");
        const string problem = "at 7000 ns 1 of 1 threads wait for ever: a waits for suspend a";
        Assert.Equal(1, Run());
        Assert.Contains("fail sim-two-hogs: " + problem, _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("0.007", _output.ToString(), StringComparison.Ordinal);
        JsonElement evidence = Evidence();
        Assert.Equal(("fail", problem), (evidence.GetProperty("verdict").GetString(), evidence.GetProperty("reason").GetString()));
        Assert.False(evidence.GetProperty("rows")[0].GetProperty("verified").GetBoolean());
        Assert.Equal(1, Run("--dispatch"));
        Assert.Equal($"{File}: {problem}\n", _error.ToString());
    }

    [Fact]
    public void Every_scenario_of_the_repository_runs_under_every_policy_with_all_invariants_held()
    {
        string folder = Path.GetDirectoryName(ManifestText.PathOf("bench/scenarios/hogs.json"))!;
        string[] files = Directory.GetFiles(folder, "*.json");
        Assert.True(files.Length >= 8);
        foreach (string file in files)
        {
            // Places in a queue are those of one CPU's, under the fair policy.
            bool placed = Scenario.Load(file).Tasks.Any(static task => task.GivenVirtualTimes != ScenarioVirtualTimes.None);
            foreach (string policy in placed ? (string[])["fair"] : ["fair", "priority", "rr"])
            {
                string[] line = ["sim", file, "--check", "--cpus", placed ? "1" : "2", "--policy", policy, "--out", _folder];
                Assert.Equal((0, ""), (Cli.Run(line, _output, _error), _error.ToString()));
            }
        }
    }

    private JsonElement Evidence() => JsonDocument.Parse(
        System.IO.File.ReadAllText(Path.Combine(_folder, "sim-two-hogs", "latest", "result.json"))).RootElement;

    private int Run(params string[] options) => Cli.Run(["sim", File, "--out", _folder, .. options], _output, _error);
}
