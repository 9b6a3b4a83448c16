using System.Runtime;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>
/// Who gets how much of the CPU, and how soon. On one CPU everything is measured; on more, what threads that may go anywhere
/// get. Figures go out under names, in one case a run; bench/fair.json says what each must be.
/// </summary>
internal static unsafe class Fair
{
    private const long DefaultMilliseconds = 1_000;

    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        if (Program.FindArgument("role") >= 0)
        {
            return ClientServerPair.IsServer ? ClientServerPair.RunRole() : Siblings.RunRole();
        }

        Plan plan = Plan.FromArguments(DefaultMilliseconds);
        long runs = Program.Argument("runs", 1);
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        for (long run = 0; run < runs; run++)
        {
            Report.CaseBegin(run);
            Report.Parameter("cpus", Program.Cpus);
            Report.Parameter("icount", Program.Argument("icount", 0));
            if (Program.Cpus == 1)
            {
                OneCpu(plan);
            }
            else
            {
                Crowded.Measure(plan.ShortNs, Program.Cpus, "equal");
                Crowded.Measure(plan.ShortNs, Program.Cpus + 1, "oneMore");
                ClientServerPairs.Measure(plan.ShortNs, ClientServerPairs.Short, ClientServerPairs.Short, 1, 2, "pairs");
                ClientServerPairs.Measure(plan.ShortNs, ClientServerPairs.Short, ClientServerPairs.Short, ulong.MaxValue, ulong.MaxValue, "roamingPairs");
            }

            Report.CaseEnd(true);
        }

        Report.Finish(true, "measured");
        return 0;
    }

    private static void OneCpu(Plan plan)
    {
        Weights.Measure(plan.LongNs);
        Naps.Measure(plan.ShortNs);
        Siblings.Measure(plan.ShortNs);
        ClientServerPairs.Measure(plan.ShortNs, ClientServerPairs.Short, ClientServerPairs.Short, 1, 1, "pairs");
        ClientServerPairs.Measure(plan.ShortNs, ClientServerPairs.Short / 8, ClientServerPairs.Short * 8, 1, 1, "servedPairs");
        ClientServerPairs.Measure(plan.ShortNs, ClientServerPairs.Long, ClientServerPairs.Long, 1, 1, "longPairs");
        Sleeper.MeasureAll(plan.Samples);
    }
}
