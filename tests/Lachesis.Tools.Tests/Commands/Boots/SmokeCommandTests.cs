using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Text.Json;
using Lachesis.Abi;
using Lachesis.Tools.Tests.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Boots;

[UnsupportedOSPlatform("windows")]
public sealed class SmokeCommandTests : IDisposable
{
    private static readonly EnumerationOptions s_everywhere = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
    private readonly FakeRepository _repository = new();

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void Every_smoke_gets_a_line_for_each_boot_and_one_failure_fails_all()
    {
        AddSmoke("good");
        AddSmoke("bad");
        _repository.AddGuest("good-smp1", FakeRepository.Replay + 33, ReportWriter.Passing());
        _repository.AddGuest("good-smp2", FakeRepository.Replay + 33, ReportWriter.Passing());
        _repository.AddGuest("bad-smp1", FakeRepository.Replay + 33, ReportWriter.Passing());
        _repository.AddGuest("bad-smp2", "exit 33");
        (int status, string output, string error) = _repository.Run("smoke");

        string[] lines = output.TrimEnd().Split('\n');
        Assert.True(lines.Length == 5, output);
        Assert.Equal((1, ""), (status, error));
        Assert.Matches("^pass +bad +cpus 1 .* s  1 checks$", lines[0]);
        Assert.Matches("^fail +bad +cpus 2 .* s  Silent: no verdict: QEMU ended with status 33", lines[1]);
        Assert.Matches("^pass +good +cpus 1 ", lines[2]);
        Assert.Equal("3 passed, 1 failed, 0 skipped", lines[4]);
        Assert.Equal("fail", _repository.Evidence("bad").GetProperty("verdict").GetString());
        Assert.Equal("pass", _repository.Evidence("bad", "smp1").GetProperty("verdict").GetString());
        Assert.Equal("smp2/result.json", _repository.Evidence("good").GetProperty("artifacts").GetProperty("smp2").GetString());
        Assert.Equal(2, _repository.Evidence("good").GetProperty("rows").GetArrayLength());
    }

    [Fact]
    public void One_boot_leaves_its_evidence_in_the_folder_of_the_smoke()
    {
        AddSmoke("good");
        _repository.AddGuest("good", FakeRepository.Replay + 33, ReportWriter.Passing());
        (int status, string output, _) = _repository.Run("smoke good --cpus 4");

        Assert.Equal(0, status);
        Assert.Contains("cpus 4", output);
        Assert.Equal(4, _repository.Evidence("good").GetProperty("environment").GetProperty("cpus").GetInt32());
        Assert.True(File.Exists(_repository.LatestOf("good", "report.bin")));
    }

    [Fact]
    public void Two_runs_of_a_smoke_at_once_do_not_disturb_each_other()
    {
        // Each waits until both are under way, and reports only then.
        AddSmoke("good");
        _repository.AddGuest(
            "good", "touch \"$here/up-$$\"; until [ $(ls \"$here\" | grep -c ^up-) = 2 ]; do sleep 0.05; done; " + FakeRepository.Replay + 33,
            ReportWriter.Passing());
        Process[] both = [_repository.Start("smoke good --cpus 1"), _repository.Start("smoke good --cpus 1")];
        string[] outputs = Array.ConvertAll(both, static run => run.StandardOutput.ReadToEnd());
        Array.ForEach(both, static run => run.WaitForExit());

        Assert.All(outputs, static output => Assert.EndsWith("1 passed, 0 failed, 0 skipped\n", output));
        Assert.Equal([0, 0], both.Select(static run => run.ExitCode));
        Assert.Equal(2, Directory.GetFiles(_repository.PathOf("artifacts/good"), "result.json", s_everywhere).Length);
    }

    [Fact]
    public void Of_many_boots_every_failed_one_stays_and_the_last_good_ones()
    {
        AddSmoke("flaky");
        for (int i = 0; i < 24; i++)
        {
            _repository.AddGuest($"flaky-smp1-{i}", i is 0 or 9 ? "exit 33" : FakeRepository.Replay + 33, ReportWriter.Passing());
        }

        (int status, string output, _) = _repository.Run("smoke flaky --cpus 1 --repeat 24");

        Assert.Equal(1, status);
        Assert.EndsWith("22 passed, 2 failed, 0 skipped\n", output);
        string[] kept = [.. Enumerable.Range(0, 24).Except([1, 2]).Select(static i => $"smp1-{i}")];
        string run = Path.GetDirectoryName(_repository.LatestOf("flaky", "result.json"))!;
        Assert.Equal(kept.Order(), Directory.GetDirectories(run).Select(Path.GetFileName).Order());
        Assert.Equal(kept, _repository.Evidence("flaky").GetProperty("artifacts").EnumerateObject().Select(static item => item.Name));
        Assert.Equal("fail", _repository.Evidence("flaky", "smp1-9").GetProperty("verdict").GetString());
    }

    [Fact]
    public void Evidence_names_the_command_line_and_what_was_run_with()
    {
        AddSmoke("good", "\"policy\": \"roundRobin\", \"sliceNs\": 2000000,");
        _repository.AddGuest("good", FakeRepository.Replay + 33, ReportWriter.Passing());
        _repository.Run("smoke good --cpus 1");
        JsonElement evidence = _repository.Evidence("good");

        Assert.Equal("lachesis smoke good --cpus 1", evidence.GetProperty("run").GetProperty("commandLine").GetString());
        Assert.Equal(
            """{"policy":"rr","features":"all","sliceNs":2000000,"seed":null}""",
            JsonSerializer.Serialize(evidence.GetProperty("settings")));
    }

    [Fact]
    public void A_smoke_runs_at_any_count_that_is_asked_for_and_else_at_its_own()
    {
        AddSmoke("pair", "\"cpus\": [2],");
        foreach (string guest in (string[])["pair", "pair-smp3", "pair-smp64"])
        {
            _repository.AddGuest(guest, FakeRepository.Replay + 33, ReportWriter.Passing());
        }

        (int status, string output, _) = _repository.Run("smoke --cpus 3,64");
        Assert.Equal(0, status);
        Assert.Contains("cpus 3 ", output);
        Assert.Contains("cpus 64 ", output);
        Assert.EndsWith("2 passed, 0 failed, 0 skipped\n", output);
        Assert.Contains("cpus 2 ", _repository.Run("smoke").Output);
    }

    [Fact]
    public void More_CPUs_than_the_kernel_runs_on_and_a_QEMU_that_is_none_are_bad_usage()
    {
        AddSmoke("pair");

        Assert.Equal(
            (2, "", "CPUS: '65' is not a list of CPU counts from 1 to 64 (--cpus)\n"), _repository.Run("smoke --cpus 65"));
        Assert.Equal((2, "", "QEMU: '/no/qemu' does not exist (--qemu)\n"), _repository.Run("smoke --qemu /no/qemu"));
    }

    [Fact]
    public void The_self_test_passes_when_each_failure_is_reported_as_itself()
    {
        AddFailing("hang", "timeout", "exec sleep 300", null);
        AddFailing("panic", "panic", FakeRepository.Replay + 37, new ReportWriter().Boot().Panic("on purpose"));
        AddFailing("silence", "silent", FakeRepository.Replay + 33, new ReportWriter().Boot().Text(ReportKind.End, 33, ""));
        AddFailing("reset", "tripleFault", "echo 'Triple fault' > \"$resets\"; exit 0", null);
        AddSmoke("good");
        (int status, string output, string error) = _repository.Run("smoke --self-test --cpus 1");

        Assert.Equal((0, ""), (status, error));
        Assert.EndsWith("4 passed, 0 failed, 0 skipped\n", output);
        Assert.DoesNotContain("good", output);
    }

    [Fact]
    public void The_self_test_fails_when_a_failure_is_reported_as_another_or_as_none()
    {
        AddFailing("hang", "timeout", FakeRepository.Replay + 33, ReportWriter.Passing());
        AddFailing("panic", "panic", "exit 33", null);
        (int status, string output, _) = _repository.Run("smoke --self-test --cpus 1");

        Assert.Equal(1, status);
        Assert.Contains("expected Timeout, but Pass", output);
        Assert.Contains("expected Panic, but Silent", output);
    }

    [Fact]
    public void An_unknown_name_is_bad_usage_and_the_line_lists_the_known_ones()
    {
        AddSmoke("good");

        Assert.Equal((2, "", "no smoke named 'bad'; there are: good\n"), _repository.Run("smoke bad"));
    }

    [Fact]
    public void Manual_smokes_run_only_by_name_or_tag()
    {
        AddSmoke("good");
        AddSmoke("soak", "\"tags\": [\"manual\"],");
        foreach (string name in (string[])["good", "soak"])
        {
            _repository.AddGuest(name, FakeRepository.Replay + 33, ReportWriter.Passing());
        }

        Assert.DoesNotContain("soak", _repository.Run("smoke --cpus 1").Output);
        Assert.Contains("soak", _repository.Run("smoke soak --cpus 1").Output);
        Assert.DoesNotContain("good", _repository.Run("smoke --tag manual --cpus 1").Output);
    }

    [Fact]
    public void Json_is_all_there_is_on_standard_output()
    {
        AddSmoke("good");
        _repository.AddGuest("good", FakeRepository.Replay + 33, ReportWriter.Passing());
        (_, string output, _) = _repository.Run("smoke --cpus 1 --json");

        Assert.Equal("good", JsonDocument.Parse(output).RootElement.EnumerateArray().Single().GetProperty("name").GetString());
    }

    private void AddSmoke(string name, string fields = "") => _repository.AddManifest($"tests/guest/{name}", fields);

    private void AddFailing(string name, string failure, string script, ReportWriter? report)
    {
        AddSmoke($"failing-{name}", $"\"timeoutSeconds\": 1, \"expect\": {{ \"failure\": \"{failure}\" }},");
        _repository.AddGuest($"failing-{name}", script, report);
    }
}
