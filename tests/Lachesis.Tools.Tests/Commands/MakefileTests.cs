using System;
using System.Diagnostics;
using System.Linq;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

/// <summary>What targets of the Makefile come to, which <c>make -n</c> prints and does not do.</summary>
public sealed class MakefileTests
{
    [Theory]
    [InlineData("run-smokes", "--cpus 1,2,4,8")]
    [InlineData("run-smokes CPUS=3", "--cpus 3")]
    [InlineData("run-smp2-smokes", "--cpus 2")]
    [InlineData("stress SMOKE=ipc N=7 CPUS=1,4", "smoke ipc --kernel")]
    [InlineData("stress SMOKE=ipc N=7 CPUS=1,4", "--cpus 1,4 --repeat 7")]
    [InlineData("run-park RUNS=5 CPUS=1,2,4", "smoke park --kernel")]
    [InlineData("run-park RUNS=5 CPUS=1,2,4", "--cpus 1,2,4 --repeat 5")]
    public void A_target_says_what_was_asked_of_it(string target, string command) => Assert.Contains(command, WouldDo(target));

    [Fact]
    public void The_QEMU_that_is_asked_for_reaches_every_command()
    {
        Assert.Equal("/opt/qemu\n", Make("-s --eval=probe:;@echo\t$$LACHESIS_QEMU QEMU=/opt/qemu probe"));
        Assert.Contains("--cpu-model max,-nx", WouldDo("run-park CPU_MODEL=max,-nx"));
        Assert.Contains("--cpu-model max,-nx", WouldDo("run-fair CPU_MODEL=max,-nx"));
    }

    // Without the variables of a make that runs these tests.
    private static string WouldDo(string target) => Make($"-n {target}");

    private static string Make(string arguments)
    {
        ProcessStartInfo start = new("make", arguments.Split(' ').Select(static word => word.Replace('\t', ' '))) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true };
        foreach (string name in (string[])["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "CPUS", "RUNS", "SMOKE", "N", "MEASURE", "QEMU", "CPU_MODEL"])
        {
            start.Environment.Remove(name);
        }

        using Process make = Process.Start(start)!;
        string printed = make.StandardOutput.ReadToEnd();
        make.WaitForExit();

        // The shell takes the quotes off, and spaces between arguments count for nothing.
        return string.Join(' ', printed.Replace("'", "", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }
}
