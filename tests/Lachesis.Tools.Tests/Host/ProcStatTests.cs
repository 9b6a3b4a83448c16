using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Threading;
using Lachesis.Tools.Host;
using Xunit;

namespace Lachesis.Tools.Tests.Host;

[SupportedOSPlatform("linux")]
public sealed class ProcStatTests
{
    // user nice system idle iowait irq softirq steal guest
    private static readonly string[] s_stat =
    [
        "cpu  111 222 333 444 555 666 777 888 999 0",
        "cpu0 1 2 4 1000 1000 8 16 32 64 0",
        "cpu1 100 0 0 1000 1000 0 0 0 0 0",
        "cpu10 5 0 0 0 0 0 0 7 0 0",
        "intr 1 2 3",
    ];

    [Theory]
    [InlineData("0", 63, 32)]
    [InlineData("0-1", 163, 32)]
    [InlineData("10", 12, 7)]
    [InlineData("0-1,10,12", 175, 39)]
    [InlineData("2-9", 0, 0)]
    public void Ticks_are_those_of_the_CPUs_that_may_be_used(string cpus, double busy, double stolen)
    {
        IReadOnlySet<int> allowed = ProcStat.ParseCpus(cpus);

        Assert.Equal((busy, stolen), (ProcStat.BusyTicksIn(s_stat, allowed), ProcStat.StolenTicksIn(s_stat, allowed)));
    }

    [Theory]
    [InlineData("Cpus_allowed_list:\t0-3,8", new[] { 0, 1, 2, 3, 8 })]
    [InlineData("5", new[] { 5 })]
    [InlineData("", new int[0])]
    [InlineData("Cpus_allowed_list:", new int[0])]
    public void Lists_of_CPUs(string text, int[] cpus) => Assert.Equal(cpus, ProcStat.ParseCpus(text).Order());

    [Fact]
    public void Virtual_CPUs_are_told_from_QEMUs_other_threads_by_their_names()
    {
        using ManualResetEventSlim end = new();
        using CountdownEvent started = new(3);
        Thread[] threads = [.. new[] { "CPU 0/TCG", "CPU 1/TCG", "IO mon_iothread" }.Select(name => new Thread(() =>
        {
            started.Signal();
            end.Wait();
        }) { Name = name })];
        Array.ForEach(threads, static thread => thread.Start());
        started.Wait();

        string[] found = [.. ProcStat.VirtualCpus(Environment.ProcessId).Select(static folder => File.ReadAllText($"{folder}/comm").Trim())];

        end.Set();
        Assert.Equal(["CPU 0/TCG", "CPU 1/TCG"], found.Order());
    }
}
