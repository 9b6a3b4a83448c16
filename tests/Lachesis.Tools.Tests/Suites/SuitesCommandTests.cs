using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.Versioning;
using System.Threading;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Suites;
using Lachesis.Tools.Tests.Commands;
using Lachesis.Tools.Tests.Host;
using Xunit;

namespace Lachesis.Tools.Tests.Suites;

/// <summary>`lachesis suites` over tables whose suites are shell lines.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SuitesCommandTests : IDisposable
{
    private const string Line = "suites --table table.json --logs logs --jobs 2";
    private readonly FakeRepository _repository = new();

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void Every_suite_gets_a_line_and_the_last_line_is_the_sum()
    {
        Table("""{ "name": "a", "command": "echo 3 passed, 0 failed" }, { "name": "b", "command": "true" }, { "name": "c", "command": "exit 3" }""");
        (int status, string output, string error) = _repository.Run(Line);

        Assert.Equal((0, ""), (status, error));
        Assert.Matches(@"(?m)^  0:\d\d  passed  a +3 passed   0 failed   0 skipped .* \d of 3$", output);
        Assert.Matches(@"(?m)^  0:\d\d  skipped c ", output);
        Assert.EndsWith("\n4 passed, 0 failed, 1 skipped\n", output);
    }

    [Fact]
    public void A_failure_stands_at_the_end_again_with_its_reason_and_what_runs_it_alone()
    {
        Table("""
            { "name": "fails", "command": "echo pass x; echo fail y: because; echo 1 passed, 1 failed; exit 1" },
            { "name": "crashes", "command": "echo on the way; kill -SEGV $$" },
            { "name": "silent", "command": "exit 9" },
            { "name": "fine", "command": "sleep 0.5" }
            """);
        (int status, string output, _) = _repository.Run(Line);

        Assert.Equal(1, status);
        string end = output[output.IndexOf("\nFAILED ", StringComparison.Ordinal)..];
        Assert.Contains("\nFAILED fails\n    fail y: because\n  alone: make test SUITE=fails ", end);
        Assert.Contains("\nFAILED crashes: exit status 139\n    on the way\n", end);
        Assert.Contains("\nFAILED silent: exit status 9\n  alone: make test SUITE=silent ", end);
        Assert.EndsWith("\n2 passed, 3 failed, 0 skipped\n", end);
    }

    [Fact]
    public void Suites_run_side_by_side_but_for_those_that_want_to_be_alone()
    {
        // The first two end only if both are there at once; the third fails if it is not by itself.
        Table($$"""
            { "name": "alone", "alone": true, "command": "! [ -e up-a ] || [ -e down-a ] && { ! [ -e up-b ] || [ -e down-b ]; }" },
            { "name": "a", "command": "touch up-a; {{Await("up-b")}}; sleep 0.3; touch down-a" },
            { "name": "b", "command": "touch up-b; {{Await("up-a")}}; touch down-b" }
            """);
        (int status, string output, _) = _repository.Run(Line);

        Assert.True(status == 0, output);
        Assert.EndsWith("3 passed, 0 failed, 0 skipped\n", output);

        static string Await(string file) => $"for i in $(seq 600); do [ -e {file} ] && break; sleep 0.1; done; [ -e {file} ] || exit 1";
    }

    [Fact]
    public void What_a_suite_leaves_behind_is_ended()
    {
        Table("""{ "name": "a", "command": "sleep 300 & echo $! >left; trap '' TERM; true" }""");
        Assert.Equal(0, _repository.Run(Line).Status);

        Assert.False(HostProcess.IsAlive(int.Parse(File.ReadAllText(_repository.PathOf("left")))));
    }

    [Fact]
    public void A_suite_that_uses_more_processor_time_than_it_may_is_ended_and_said_to_hang()
    {
        Table("""{ "name": "a", "cpuMinutes": 0, "command": "while true; do true; done" }""");
        (int status, string output, _) = _repository.Run(Line);

        Assert.Equal(1, status);
        Assert.Contains("\nFAILED a: hangs: it used 0 minutes of processor time\n", output);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public void An_interruption_leaves_no_process_and_says_what_had_run(string signal)
    {
        Table("""
            { "name": "quick", "command": "true" },
            { "name": "slow", "command": "sleep 300 & echo $! >child; echo $$ >leader.new; mv leader.new leader; wait" },
            { "name": "late", "alone": true, "command": "touch late" }
            """);
        using Process runner = _repository.Start(Line);
        SpinWait.SpinUntil(() => File.Exists(_repository.PathOf("leader")) && File.Exists(_repository.PathOf("logs/durations.json")));
        Process.Start("kill", [$"-{signal}", $"{runner.Id}"])!.WaitForExit();
        string output = runner.StandardOutput.ReadToEnd();
        runner.WaitForExit();

        Assert.Equal(signal switch { "HUP" => 129, "INT" => 130, _ => 143 }, runner.ExitCode);
        Assert.EndsWith("\ninterrupted: 1 of 3 suites had run: quick\n1 passed, 0 failed, 0 skipped\n", output);
        Assert.DoesNotContain("FAILED", output);
        Assert.False(File.Exists(_repository.PathOf("late")));
        Assert.All(
            (string[])["child", "leader"],
            name => Assert.False(HostProcess.IsAlive(int.Parse(File.ReadAllText(_repository.PathOf(name))))));
    }

    [Fact]
    public void A_suite_can_be_run_by_itself_and_the_last_duration_is_told()
    {
        Table("""{ "name": "a", "command": "true" }, { "name": "b", "command": "true" }""");
        _repository.Run(Line + " b");
        (int status, string output, _) = _repository.Run(Line + " b");

        Assert.Equal(0, status);
        Assert.Matches(@"start   b +took \d+ s the last time\n", output);
        Assert.EndsWith("1 passed, 0 failed, 0 skipped\n", output);
    }

    [Theory]
    [InlineData("""{ "name": "a", "command": "true" }""", "c", "SUITE: no suite named 'c'; there are: a")]
    [InlineData("""{ "name": "a", "command": "true" }, { "name": "a", "command": "true" }""", "a", "table.json: two suites named 'a'")]
    [InlineData("""{ "name": "a" }""", "a", "table.json: ")]
    [InlineData("""{ "name": "a", "command": "true", "alnoe": true }""", "a", "table.json: ")]
    public void Bad_usage_is_one_line_and_status_2(string table, string name, string message)
    {
        Table(table);
        (int status, string output, string error) = _repository.Run($"{Line} {name}");

        Assert.Equal((2, ""), (status, output));
        Assert.StartsWith(message, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void The_table_of_the_repository_names_commands_that_there_are()
    {
        foreach (Suite suite in Suite.Load(Path.Combine(Repository.Root, "tests/suites.json")))
        {
            string program = suite.Command.Split(' ')[0];
            Assert.True(
                program is "dotnet" or "make" or "artifacts/bin/lachesis" || File.Exists(Path.Combine(Repository.Root, program)), suite.Name);
        }
    }

    private void Table(string suites) => File.WriteAllText(_repository.PathOf("table.json"), $"[{suites}]");
}
