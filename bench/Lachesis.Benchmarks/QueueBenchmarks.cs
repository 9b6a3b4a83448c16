using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using Lachesis.Benchmarks.Queues;

namespace Lachesis.Benchmarks;

/// <summary>What BenchmarkDotNet runs, once for each of the cases.</summary>
public class QueueBenchmarks
{
    private Workload _workload = null!;

    /// <summary>The cases to measure. Set before the run.</summary>
    public static IReadOnlyList<QueueCase> Cases { get; set; } = [];

    /// <summary>The case that is measured now.</summary>
    [ParamsSource(nameof(Cases))]
    public QueueCase Case { get; set; } = null!;

    /// <summary>Fills the queues.</summary>
    [GlobalSetup]
    public void Fill() => _workload = Case.CreateWorkload();

    /// <summary>Brings them back to where they were.</summary>
    [IterationSetup]
    public void Prepare() => _workload.Prepare();

    /// <summary>The operations.</summary>
    [Benchmark(OperationsPerInvoke = WorkloadShape.Operations)]
    public void Run() => _workload.Run();

    /// <summary>Gives the queues back.</summary>
    [GlobalCleanup]
    public void Clear() => _workload.Dispose();
}
