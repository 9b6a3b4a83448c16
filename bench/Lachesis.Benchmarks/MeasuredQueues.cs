using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace Lachesis.Benchmarks;

/// <summary>What was measured, round by round: in each, every case once, so that a disturbance of the host hits one round of
/// a case at most and not all of it.</summary>
public sealed class MeasuredQueues
{
    private const int WarmupIterations = 2;
    private const int Iterations = 15;

    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Dictionary<string, MeasuredQueue> _queues = [];

    /// <summary>Runs every case once more.</summary>
    public void AddRound()
    {
        Summary summary = BenchmarkRunner.Run<QueueBenchmarks>(CreateConfig());
        foreach (BenchmarkReport report in summary.Reports)
        {
            QueueCase measured = (QueueCase)report.BenchmarkCase.Parameters[nameof(QueueBenchmarks.Case)];
            if (!report.Success || report.ResultStatistics is null)
            {
                throw new InvalidOperationException($"{measured}: not measured");
            }

            if (!_queues.TryGetValue(measured.Name, out MeasuredQueue? queue))
            {
                _queues.Add(measured.Name, queue = new MeasuredQueue(measured.Name));
            }

            if (measured.IsYardstick)
            {
                queue.YardstickNs.Add(report.ResultStatistics.Median);
            }
            else
            {
                queue.KernelNs.Add(report.ResultStatistics.Median);
            }
        }
    }

    /// <summary>Writes the figures; a file that is there is replaced at once.</summary>
    public void Write(string path)
    {
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(_queues.Values.ToArray(), s_options) + "\n");
        File.Move(path + ".new", path, overwrite: true);
    }

    // In this process, as the operations neither need nor notice one of their own; and with one workload an iteration, as each
    // has to be undone before the next.
    private static ManualConfig CreateConfig() => ManualConfig.CreateEmpty()
        .AddJob(Job.Default
            .WithToolchain(InProcessNoEmitToolchain.Instance)
            .WithWarmupCount(WarmupIterations)
            .WithIterationCount(Iterations)
            .WithInvocationCount(1)
            .WithUnrollFactor(1)
            .WithEvaluateOverhead(false)
            .WithGcForce(false))
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(NullLogger.Instance)
        .WithArtifactsPath("artifacts/queue-times/benchmarkdotnet")
        .WithOptions(ConfigOptions.DisableLogFile);
}
