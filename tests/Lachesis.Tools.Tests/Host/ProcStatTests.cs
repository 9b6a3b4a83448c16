using System;
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
