using System.Runtime;
using Lachesis.Abi;
using Lachesis.Benchmarks.Queues;
using Lachesis.User;

namespace Lachesis.Queues;

/// <summary>
/// What the run queue's operations cost, in instructions, among few and many runnable threads: the workloads that
/// BenchmarkDotNet times on the host, with a reading of the time-stamp counter around each call of the kernel's code.
/// </summary>
internal static unsafe class Queues
{
    private const uint Runs = 3;
    private const int MinSize = 10;
    private const int MaxSize = 100_000;
    private const int SizeStep = 100;

    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        InstructionProbe.Readings readings = default;
        if (!Samples.TryAllocate(Runs * WorkloadShape.Operations, out readings.Samples))
        {
            Report.Finish(false, "not enough memory for the samples");
            return 1;
        }

        InstructionProbe probe = new(&readings);
        probe.Calibrate();
        for (SchedulingPolicy policy = 0; policy < SchedulingPolicy.Count; policy++)
        {
            for (Operation operation = 0; operation < Operation.Count; operation++)
            {
                for (int runnable = MinSize; runnable <= MaxSize; runnable *= SizeStep)
                {
                    Measure(probe, &readings, policy, operation, runnable);
                }
            }
        }

        Report.Metric("operations", readings.Samples.Count);
        Report.Finish(true, "measured");
        return 0;
    }

    private static void Measure(
        InstructionProbe probe, InstructionProbe.Readings* readings, SchedulingPolicy policy, Operation operation, int runnable)
    {
        WorkloadShape shape = WorkloadShape.Of(operation, runnable);
        if (KernelQueues<InstructionProbe>.BytesFor(shape) + Visits.BytesFor(shape) > QueueMemory.Bytes)
        {
            Report.Finish(false, "not enough memory for the queues");
        }

        Arena arena = QueueMemory.Whole();
        KernelQueues<InstructionProbe> queues = new(policy, FairFeatures.All, shape, ref arena, probe);
        QueueWork<KernelQueues<InstructionProbe>> work = new(queues, operation, shape, ref arena);
        readings->Taken = 0;

        // The first time is a warm-up: threads come with lags that they were given, not with ones that they earned.
        for (uint run = 0; run <= Runs; run++)
        {
            work.Prepare();
            probe.Record(run > 0);
            work.Run();
            probe.Record(false);
        }

        Text name = default;
        name.Add(NameOf(policy));
        name.Add(NameOf(operation));
        name.Add(runnable);
        readings->Samples.Report(in name);
        readings->Samples.ReportSum(in name);
    }

    private static string NameOf(SchedulingPolicy policy) => policy switch
    {
        SchedulingPolicy.Fair => "fair/",
        SchedulingPolicy.Priority => "priority/",
        _ => "roundrobin/",
    };

    private static string NameOf(Operation operation) => operation switch
    {
        Operation.Enqueue => "enqueue/",
        Operation.Dequeue => "dequeue/",
        Operation.Pick => "pick/",
        Operation.Wake => "wake/",
        Operation.Migrate => "migrate/",
        _ => "reweigh/",
    };
}
