using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Threading;
using Lachesis.Tools.Host;
using Xunit;

namespace Lachesis.Tools.Tests.Host;

[UnsupportedOSPlatform("windows")]
public sealed class RunningTimeTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, 0, 1)]
    [InlineData(1, 3, 0.25)]
    [InlineData(0, 2, 0)]
    [InlineData(-1, 2, 1)]
    public void Only_the_time_counts_for_which_the_host_let_it_run(double ran, double waited, double share) =>
        Assert.Equal(share, RunningTime.Share(ran, waited));

    [Fact]
    public void All_time_of_a_process_that_sleeps_counts()
    {
        using Process sleeper = Process.Start("sleep", "300");
        try
        {
            // On its way to sleep it may have to wait for a CPU.
            SpinWait.SpinUntil(() => IsAsleep(sleeper.Id));
            RunningTime time = new(sleeper.Id);
            time.Advance(TimeSpan.Zero);
            Thread.Sleep(300);
            time.Advance(TimeSpan.FromSeconds(3));
            Assert.Equal(TimeSpan.FromSeconds(3), time.Elapsed);
        }
        finally
        {
            sleeper.Kill();
        }
    }

    // Four that spin on one CPU keep each other waiting three quarters of the time, whatever else the host does.
    [Fact]
    public void The_time_for_which_others_have_the_CPU_does_not_count()
    {
        string cpu = FirstAllowedCpu();
        List<Process> spinners = [.. Enumerable.Range(0, 4).Select(_ =>
            Process.Start("taskset", ["-c", cpu, "sh", "-c", "while :; do :; done"]))];
        try
        {
            Thread.Sleep(500);
            RunningTime time = new(spinners[0].Id);
            time.Advance(TimeSpan.Zero);
            TimeSpan before = time.Elapsed;
            Thread.Sleep(1500);
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.InRange((time.Elapsed - before).TotalSeconds, 0, 0.6);
        }
        finally
        {
            spinners.ForEach(static spinner => spinner.Kill());
        }
    }

    private static bool IsAsleep(int process) =>
        File.ReadAllText($"/proc/{process}/stat").Contains("(sleep) S", StringComparison.Ordinal);

    // From a line such as "Cpus_allowed_list:	0-1,4".
    private static string FirstAllowedCpu() => File.ReadLines("/proc/self/status")
        .First(static line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1].Split('-', ',')[0];
}
