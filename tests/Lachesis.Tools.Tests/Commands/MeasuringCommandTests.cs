using System;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Text.Json;
using Lachesis.Abi;
using Lachesis.ThreadScale;
using Lachesis.Tools.Commands.Costs;
using Lachesis.Tools.Commands.ThreadScale;
using Lachesis.Tools.Tests.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

/// <summary>`lachesis thread-scale`, `costs` and `run` from the command line to the evidence.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class MeasuringCommandTests : IDisposable
{
    private const string ThreadScale = "thread-scale --shapes 1x1,2x2 --runs 3 --work 100 --seed 7";
    private readonly FakeRepository _repository = new();

    // Pass, or inconclusive: with guests that are fakes the host is still the real one.
    private static readonly int[] s_verified = [0, 3];

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void Thread_scale_prints_a_verified_table_and_writes_the_evidence()
    {
        AddThreadScale(WorkSequence.Checksum(WorkLoopKind.Chain, 7, 100));
        (int status, string output, string error) = _repository.Run(ThreadScale);

        Assert.Contains(status, s_verified);
        Assert.Empty(error);
        Assert.Contains("speedup work", output);
        Assert.Contains(" thread-scale: all 6 runs gave the root checksum", output);
        JsonElement evidence = _repository.Evidence("thread-scale");
        Assert.Equal(2, evidence.GetProperty("metrics").GetProperty("speedupWork1to2").GetDouble());
        Assert.True(evidence.GetProperty("rows")[1].GetProperty("verified").GetBoolean());
        Assert.Equal(7, evidence.GetProperty("settings").GetProperty("seed").GetInt32());
        Assert.Contains(
            "shapes=1x1,2x2 runs=3 loop=chain work=100 seed=7 pause=50",
            File.ReadAllText(_repository.LatestOf("thread-scale", "initrd.img")));
    }

    [Theory]
    [InlineData("", "shapes=1x1,1x2,2x2,4x2,16x2,128x2 runs=5 ")]
    [InlineData(" --cpus 4 --workers 64 --runs 2", "shapes=1x1,64x4 runs=2 ")]
    [InlineData(" --shapes 8x2", "shapes=1x1,8x2 runs=5 ")]
    [InlineData(" --loop throughput", " loop=throughput work=1 ")]
    [InlineData(" --icount", " pause=0")]
    public void Thread_scale_asks_the_guest_for_the_rows_that_were_asked_of_it(string options, string argument)
    {
        AddThreadScale(0);
        _repository.Run("thread-scale --work 1" + options);

        Assert.Contains(argument, File.ReadAllText(_repository.LatestOf("thread-scale", "initrd.img")));
    }

    // A guest that waits after each turn until its machine was stopped and may go on.
    [Fact]
    public void Thread_scale_stops_the_machine_between_turns_for_the_host_s_own()
    {
        AddThreadScale(WorkSequence.Checksum(WorkLoopKind.Chain, 7, 100));
        File.WriteAllText(_repository.PathOf("script-thread-scale"), """
            echo '{"QMP": {}}'
            for turn in 0 1; do
                cat "$here/turn-$turn" > "$report"
                while read -r line; do
                    echo "$line" >> "$here/commands"
                    case "$line" in *stop*) echo '{"event": "STOP"}' ;; esac
                    echo '{"return": {}}'
                    case "$line" in *cont*) break ;; esac
                done
            done
            cat "$here/guest-thread-scale" > "$report"
            exit 33
            """);
        (int status, string output, string error) = _repository.Run(ThreadScale);

        Assert.Contains(status, s_verified);
        Assert.Empty(error);
        Assert.Contains("host, the same loop natively, by turns with the guest: 1 thread ", output);
        Assert.Equal(
            ["qmp_capabilities", "stop", "cont", "stop", "cont"],
            File.ReadLines(_repository.PathOf("commands")).Select(static line => line.Split('"')[3]));
        JsonElement rows = _repository.Evidence("thread-scale").GetProperty("rows");
        Assert.Equal(2, rows[3].GetProperty("case").GetProperty("hostThreads").GetInt32());
        Assert.Equal(3, rows[3].GetProperty("metrics").GetProperty("workNs").GetArrayLength());
    }

    [Fact]
    public void Thread_scale_prints_no_figure_of_a_wrong_result()
    {
        AddThreadScale(WorkSequence.Checksum(WorkLoopKind.Chain, 7, 100) + 1);
        (int status, string output, _) = _repository.Run(ThreadScale);

        Assert.Equal(1, status);
        Assert.DoesNotContain("speedup", output);
        Assert.False(_repository.Evidence("thread-scale").GetProperty("rows")[0].GetProperty("verified").GetBoolean());
        Assert.Empty(_repository.Evidence("thread-scale").GetProperty("metrics").EnumerateObject());
    }

    [Fact]
    public void Two_runs_with_instruction_counts_differ_in_nothing_but_what_is_of_one_run_alone()
    {
        AddThreadScale(WorkSequence.Checksum(WorkLoopKind.Chain, 7, 100));
        (int status, string output, _) = _repository.Run(ThreadScale + " --icount");
        Assert.Equal(0, status);
        Assert.Contains("no speedup gate", output);

        _repository.Run(ThreadScale + " --icount --out artifacts/again");
        string line = "compare-evidence artifacts/thread-scale/latest artifacts/again/thread-scale/latest/result.json";
        Assert.Equal((0, "the same\n", ""), _repository.Run(line));

        AddThreadScale(WorkSequence.Checksum(WorkLoopKind.Chain, 7, 100), ns: 1_000_001);
        _repository.Run(ThreadScale + " --icount");
        Assert.Equal(
            (1, "rows[0].metrics.workNs[0]: 1000001 and 1000000\nrows[0].metrics.totalNs[0]: 1000001 and 1000000\n2 differ\n", ""),
            _repository.Run(line));
    }

    [Theory]
    [InlineData("artifacts/none", "artifacts/none: does not exist")]
    [InlineData("global.json", "global.json: not the evidence of a run")]
    [InlineData("artifacts/image/kernel.elf", "artifacts/image/kernel.elf: not JSON: ")]
    public void What_is_no_evidence_cannot_be_compared(string file, string message)
    {
        (int status, _, string error) = _repository.Run($"compare-evidence {file} {file}");

        Assert.Equal(2, status);
        Assert.StartsWith(message, error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Costs_takes_each_figure_from_its_own_boot_and_accepts_on_request()
    {
        AddCosts(60, 900);
        (int status, string output, string error) = _repository.Run("costs --accept");

        Assert.Equal((0, ""), (status, error));
        Assert.Contains("1 of 1 goals reached", output);
        Assert.Equal(900, _repository.Evidence("costs").GetProperty("metrics").GetProperty("wake").GetInt32());
        Assert.Equal(60, CostTable.Load(_repository.PathOf("bench/costs.json")).Operations[0].Accepted);

        _repository.AddGuest("costs-smp1", FakeRepository.Replay + 33, Passing("nop", 67));
        Assert.Equal(1, _repository.Run("costs").Status);
        Assert.Equal(60, CostTable.Load(_repository.PathOf("bench/costs.json")).Operations[0].Accepted);
    }

    [Fact]
    public void Costs_of_a_guest_that_fails_are_not_figures()
    {
        AddCosts(60, 900);
        _repository.AddGuest("costs-smp2", "exit 33");
        (int status, string output, _) = _repository.Run("costs --accept");

        Assert.Equal(1, status);
        Assert.StartsWith("fail costs: at -smp 2: no verdict", output);
        Assert.Null(CostTable.Load(_repository.PathOf("bench/costs.json")).Operations[0].Accepted);
    }

    [Fact]
    public void Run_prints_checks_and_figures_and_passes_the_argument()
    {
        _repository.AddManifest("tests/guest/probe");
        _repository.AddGuest("other", FakeRepository.Replay + 33, ReportWriter.Passing());
        (int status, string output, string error) =
            _repository.Run("run tests/guest/probe/manifest.json --name other --argument x=1");

        Assert.Equal((0, ""), (status, error));
        Assert.StartsWith("held   the clock never goes back\n", output);
        Assert.Matches(@"workers=2 +workNs +1,100 +18.2% +2", output);
        string run = Path.GetFileName(Directory.ResolveLinkTarget(_repository.PathOf("artifacts/other/latest"), true)!.FullName);
        Assert.EndsWith($"pass other: all well\nevidence: artifacts/other/{run}/result.json\n", output);
        Assert.Contains("x=1", File.ReadAllText(_repository.LatestOf("other", "initrd.img")));
    }

    private void AddThreadScale(ulong checksum, long ns = 1_000_000)
    {
        _repository.AddManifest("bench/guest/thread-scale");
        ReportWriter report = new ReportWriter().Boot();
        for (int run = 0; run < 3; run++)
        {
            AddCase(report, run, 1, run == 0 ? ns : 1_000_000, checksum);
            AddCase(report, run, 2, 500_000, checksum);
            File.WriteAllBytes(_repository.PathOf($"turn-{run}"), report.Bytes);
        }

        Pass(report);
        _repository.AddGuest("thread-scale", FakeRepository.Replay + 33, report);
        _repository.AddGuest("again-thread-scale", FakeRepository.Replay + 33, report);
    }

    private static void AddCase(ReportWriter report, long run, int count, long ns, ulong checksum) => report
        .Text(ReportKind.CaseBegin, run, "")
        .Text(ReportKind.CaseParameter, count, "workers")
        .Text(ReportKind.CaseParameter, count, "cpus")
        .Text(ReportKind.Metric, ns, "workNs")
        .Text(ReportKind.Metric, ns, "totalNs")
        .Text(ReportKind.Metric, (long)checksum, "checksum")
        .Text(ReportKind.CaseEnd, 1, "");

    private void AddCosts(long nop, long wake)
    {
        _repository.AddManifest("bench/guest/costs");
        _repository.AddGuest("costs-smp1", FakeRepository.Replay + 33, Passing("nop", nop));
        _repository.AddGuest("costs-smp2", FakeRepository.Replay + 33, Passing("wake", wake));
        new CostTable
        {
            Tolerance = 0.1,
            Operations = [new("nop", "nothing", 1, 80, [], null), new("wake", "remote wake", 2, null, [], null)],
        }.Save(_repository.PathOf("bench/costs.json"));
    }

    private static ReportWriter Passing(string metric, long value) =>
        Pass(new ReportWriter().Boot().Text(ReportKind.Metric, value, metric));

    private static ReportWriter Pass(ReportWriter report) =>
        report.Text(ReportKind.Verdict, 0, "").Text(ReportKind.End, 33, "");
}
