using System;
using Xunit;

namespace Lachesis.Tools.Tests.CommandLine;

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
        Assert.Contains("\nLACHESIS_QEMU := /opt/qemu\n", MakeVariable.Make(["-p", "run-park", "QEMU=/opt/qemu"]).Output);
        Assert.Contains("--cpu-model max,-nx", WouldDo("run-park CPU_MODEL=max,-nx"));
        Assert.Contains("--cpu-model max,-nx", WouldDo("run-fair CPU_MODEL=max,-nx"));
    }

    // The shell takes the quotes off, and spaces between arguments count for nothing.
    private static string WouldDo(string target) => string.Join(
        ' ',
        MakeVariable.Make(target.Split(' ')).Output.Replace("'", "", StringComparison.Ordinal)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
