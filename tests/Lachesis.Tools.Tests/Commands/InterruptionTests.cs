using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.Versioning;
using System.Threading;
using Lachesis.Tools.Tests.Qemu;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

[UnsupportedOSPlatform("windows")]
public sealed class InterruptionTests
{
    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 130)]
    [InlineData("HUP", 130)]
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
