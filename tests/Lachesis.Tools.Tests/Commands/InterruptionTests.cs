using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.Versioning;
using System.Threading;
using Lachesis.Tools.Tests.Qemu;
using Lachesis.Tools.Tests.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

[UnsupportedOSPlatform("windows")]
public sealed class InterruptionTests
{
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
        int qemu = WaitForQemu(repository.PathOf("pid"));

        Process.Start("kill", [$"-{signal}", $"{tool.Id}"])!.WaitForExit();
        Assert.True(tool.WaitForExit(10_000));
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
        WaitForQemu(repository.PathOf("pid"));

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

    private static int WaitForQemu(string pidFile)
    {
        int process = 0;
        WaitUntil(() => File.Exists(pidFile) && int.TryParse(File.ReadAllText(pidFile), out process), "QEMU did not start");
        return process;
    }

    private static void WaitUntil(Func<bool> condition, string otherwise)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), otherwise);
            Thread.Sleep(10);
        }
    }
}
