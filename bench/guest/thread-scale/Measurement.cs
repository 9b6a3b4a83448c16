using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ThreadScale;

/// <summary>One run of one shape.</summary>
internal static unsafe class Measurement
{
    /// <summary>
    /// Splits the work, lets the workers do it on the shape's CPUs, and reports. <em>Work</em> is the time from the first
    /// worker's first instruction to the last one's last; <em>total</em> also has making, starting and joining them;
    /// <em>withheld</em> is what of the first, up to its own end, each worker did not run, all together.
    /// </summary>
    internal static bool Make(ref WorkerMemory crew, Shape shape, long run, in Work work)
    {
        for (uint i = 0; i < shape.Workers; i++)
        {
            Worker* worker = crew[i];
            worker->Loop = work.Loop;
            worker->Seed = work.Seed;
            worker->First = WorkLoop.Share((ulong)work.Elements, i, shape.Workers);
            worker->End = WorkLoop.Share((ulong)work.Elements, i + 1, shape.Workers);
        }

        // The mask is inherited by nobody: workers get their own before they start; this thread shares the shape's CPUs.
        ulong mask = (shape.Cpus >= 64 ? 0 : 1ul << (int)shape.Cpus) - 1;
        Sys.ThreadSetAffinity(BootHandle.MainThread, mask);
        Totals before = Totals.Read();
        long began = Clock.Now();
        bool good = true;
        for (uint i = 0; i < shape.Workers; i++)
        {
            good &= UserThread.Create(&crew[i]->Thread, &Worker.Run, (ulong)crew[i], crew.StackTop(i)) == Error.None
                && Sys.ThreadSetAffinity(crew[i]->Thread.Handle, mask) == Error.None
                && Sys.ThreadStart(crew[i]->Thread.Handle) == Error.None;
        }

        long spawned = Clock.Now();
        for (uint i = 0; i < shape.Workers; i++)
        {
            good &= crew[i]->Thread.Join() == 0;
        }

        long ended = Clock.Now();
        Totals after = Totals.Read();
        ReportRun(ref crew, shape, run, good, spawned - began, ended - began, after.Since(before));
        return good;
    }

    private static void ReportRun(
        ref WorkerMemory crew, Shape shape, long run, bool good, long spawnNs, long totalNs, Totals events)
    {
        ulong sum = 0;
        long first = long.MaxValue;
        long last = 0;
        Spread spread = Spread.Of(ref crew, shape.Workers);
        for (uint i = 0; i < shape.Workers; i++)
        {
            Worker* worker = crew[i];
            sum += worker->Sum;
            first = worker->Began < first ? worker->Began : first;
            last = worker->Ended > last ? worker->Ended : last;
        }

        long withheld = 0;
        for (uint i = 0; i < shape.Workers; i++)
        {
            withheld += crew[i]->Ended - first - crew[i]->Ran;
        }

        Report.CaseBegin(run);
        Report.Parameter("workers", shape.Workers);
        Report.Parameter("cpus", shape.Cpus);
        Report.Metric("spawnNs", spawnNs);
        Report.Metric("workNs", last - first);
        Report.Metric("totalNs", totalNs);
        Report.Metric("contextSwitches", (long)events.ContextSwitches);
        Report.Metric("migrations", (long)events.Migrations);
        Report.Metric("reschedulesSent", (long)events.ReschedulesSent);
        Report.Metric("workerMinNs", spread.Least);
        Report.Metric("workerMedianNs", spread.Median);
        Report.Metric("workerMaxNs", spread.Most);
        Report.Metric("withheldNs", withheld);
        Report.Metric("checksum", (long)sum);
        Report.CaseEnd(good);
    }
}
