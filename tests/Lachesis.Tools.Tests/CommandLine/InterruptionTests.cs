using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Threading;
using Lachesis.Tools.Queues;
using Lachesis.Tools.Tests.Commands;
using Lachesis.Tools.Tests.Host;
using Lachesis.Tools.Tests.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.CommandLine;

[UnsupportedOSPlatform("windows")]
public sealed class InterruptionTests
{
    // Far more than anything here takes, however busy the host is.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("KILL", 137)]
    public void However_the_tool_ends_its_qemu_ends_too(string signal, int status)
    {
        using FakeRepository repository = new();
        repository.AddManifest("tests/guest/hang");
        repository.AddGuest("hang", "exec sleep 300");
        using Process tool = repository.Start("run tests/guest/hang/manifest.json");
        int qemu = WaitForProcess(repository.PathOf("pid"));

        Process.Start("kill", [$"-{signal}", $"{tool.Id}"])!.WaitForExit();
        Assert.True(tool.WaitForExit(s_limit));
        Assert.Equal(status, tool.ExitCode);
        WaitUntil(() => !HostProcess.IsAlive(qemu), "QEMU was left behind");
    }

    [Fact]
    public void Of_many_boots_those_that_were_made_are_told()
    {
        using FakeRepository repository = new();
        repository.AddManifest("tests/guest/hang");
        repository.AddGuest("hang-smp1-0", FakeRepository.Replay + 33, ReportWriter.Passing());
        repository.AddGuest("hang-smp1-1", "exec sleep 300");
        using Process tool = repository.Start("smoke hang --cpus 1 --repeat 50");
        WaitUntil(() => Directory.Exists(repository.PathOf("artifacts/hang/latest/smp1-1")), "the second boot did not start");
        WaitForProcess(repository.PathOf("pid"));

        Process.Start("kill", ["-INT", $"{tool.Id}"])!.WaitForExit();
        string output = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();

        Assert.Equal((130, ""), (tool.ExitCode, tool.StandardError.ReadToEnd()));
        string[] lines = output.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("pass ", lines[0]);
        Assert.Matches("^inconclusive hang .* Interrupted: interrupted after .* s with 0 checks done; the guest reported nothing$", lines[1]);
        Assert.Equal("1 passed, 0 failed, 1 skipped", lines[2]);
        Assert.Equal("interrupted: what follows was not booted", lines[3]);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void A_hunt_tells_what_it_did_so_far(string signal, int status)
    {
        using FakeRepository repository = new();
        using Process tool = repository.Start("fuzz --seed 1 --minutes 1000");
        Assert.StartsWith("hunts from seed 1 ", tool.StandardOutput.ReadLine());

        Process.Start("kill", [$"-{signal}", $"{tool.Id}"])!.WaitForExit();
        string output = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();

        Assert.Equal((status, ""), (tool.ExitCode, tool.StandardError.ReadToEnd()));
        Assert.Matches(@"^[\d,]+ seeds from 1, [\d,]+ runs in ", output);
        Assert.EndsWith("interrupted fuzz: everything held so far\n", output);
    }

    [Theory]
    [InlineData("INT", 130, 1)]
    [InlineData("TERM", 143, 1)]
    [InlineData("TERM", 143, 0)]
    public void A_report_of_times_has_the_rounds_that_were_complete(string signal, int status, int rounds)
    {
        using FakeRepository repository = new();
        Directory.CreateDirectory(repository.PathOf("bench"));
        new QueueTable { Tolerance = 0.1, Growth = [], Cases = [new("rr/pick/10", null)] }.Save(repository.PathOf("bench/queues.json"));
        string figures = """echo '[{"name": "rr/pick/10", "kernelNs": [10], "yardstickNs": [100]}]' > "$1"; """;
        repository.AddProgram("measure", (rounds == 0 ? "" : figures) + "echo $$ > pid; exec sleep 300");
        using Process tool = repository.Start("queue-times --program ./measure");
        int measuring = WaitForProcess(repository.PathOf("pid"));

        Process.Start("kill", [$"-{signal}", $"{tool.Id}"])!.WaitForExit();
        string[] lines = tool.StandardOutput.ReadToEnd().TrimEnd().Split('\n');
        tool.WaitForExit();

        Assert.Equal((status, ""), (tool.ExitCode, tool.StandardError.ReadToEnd()));
        Assert.Equal($"inconclusive queue-times: interrupted, rounds that were complete: {rounds}", lines[^2]);
        Assert.Equal(rounds, lines.Count(static line => line.Contains("rr/pick/10", StringComparison.Ordinal)));
        Assert.StartsWith("evidence: artifacts/queue-times/", lines[^1]);
        WaitUntil(() => !HostProcess.IsAlive(measuring), "what measures was left behind");
    }

    private static int WaitForProcess(string pidFile)
    {
        int process = 0;
        WaitUntil(() => File.Exists(pidFile) && int.TryParse(File.ReadAllText(pidFile), out process), "nothing was started");
        return process;
    }

    private static void WaitUntil(Func<bool> condition, string otherwise)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < s_limit, otherwise);
            Thread.Sleep(10);
        }
    }
}
