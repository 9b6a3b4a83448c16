using System.Runtime;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Costs;

/// <summary>
/// What the kernel's operations cost, in instructions: the time-stamp counter under <c>-icount</c>. Each is measured
/// around the operation in user space, so many times as <c>runs=</c> says, after a warm-up, with the cost of measuring
/// subtracted.
/// </summary>
internal static unsafe class Costs
{
    private const long DefaultRuns = 1000;
    private const uint Many = 10_000;

    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        if (Program.FindArgument("yielder") >= 0)
        {
            return Yields.ForEver();
        }

        if (Program.FindArgument("server") >= 0)
        {
            return Messages.ServeOthers();
        }

        if (!Samples.TryAllocate((uint)Program.Argument("runs", DefaultRuns), out Samples samples))
        {
            Report.Finish(false, "not enough memory for the samples");
            return 1;
        }

        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        Calls.Null(ref samples);
        Calls.CopyDelete(ref samples);
        Rings.Measure(ref samples, SystemCall.Nop, "ringNop");
        Rings.Measure(ref samples, SystemCall.CurrentCpu, "ringCall");
        Yields.SameProcess(ref samples);
        Yields.OtherProcess(ref samples);
        ManyThreadYields.Measure(ref samples, SchedulingPolicy.Fair, 2, "yieldFair2");
        ManyThreadYields.Measure(ref samples, SchedulingPolicy.Priority, 2, "yieldPriority2");
        if (Program.Cpus == 1)
        {
            ManyThreadYields.Measure(ref samples, SchedulingPolicy.Fair, Many, "yieldFair10000");
            ManyThreadYields.Measure(ref samples, SchedulingPolicy.Priority, Many, "yieldPriority10000");
        }

        Messages.SameProcess(ref samples);
        Messages.OtherProcess(ref samples);
        Faults.RoundTrip(ref samples);
        Wakes.UnparkSwitch(ref samples);
        Wakes.UnparkThenPark(ref samples);
        Wakes.SignalSwitch(ref samples);
        if (Program.Cpus > 1)
        {
            Wakes.Remote(ref samples);
        }

        Lifecycles.Thread(ref samples);
        Lifecycles.Process(ref samples);
        Report.Finish(true, "measured");
        return 0;
    }
}
