using System;
using System.Diagnostics;
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

    // Without the variables of a make that runs these tests.
    private static string WouldDo(string target)
    {
        ProcessStartInfo start = new("make", $"-n {target}") { WorkingDirectory = Repository.Root, RedirectStandardOutput = true };
        foreach (string name in (string[])["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "CPUS", "RUNS", "SMOKE", "N", "MEASURE"])
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
