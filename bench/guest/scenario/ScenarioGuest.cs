using System.Runtime;
using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.User;

namespace Lachesis.ScenarioGuest;

/// <summary>
/// Runs the scenario that the host left in this process's data, and sends what its threads noted down: for each thread a
/// stream (<c>task &lt;&lt; 16 | thread</c>) of <see cref="ScenarioEvent"/>, and a case with the kernel's ledger of it.
/// </summary>
internal static unsafe class ScenarioGuest
{
    private const long DefaultGapNs = 5_000;
    private const long Margin = 1_000_000;
    private const ulong FirstCpu = 1;
    private const int EventsARecord = Report.MaxStreamBytes / 16;

    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        if (!Stage.Open(Program.Argument("gap", DefaultGapNs)))
        {
            Report.Finish(false, "no scenario that can be run, or not enough memory for it");
            return 1;
        }

        // In turn, while this CPU is this thread's: under round robin nobody takes it away from it.
        Sys.ThreadSetAffinity(BootHandle.MainThread, FirstCpu);
        Stage.Note(SystemCall.PolicySet, Sys.PolicySet(BootHandle.Policy, ulong.MaxValue, SchedulingPolicy.RoundRobin));
        Stage.Note(SystemCall.FairFeaturesSet, Sys.FairFeaturesSet(BootHandle.Policy, Stage.World.Program->Features));
        Stage.Begin();
        Stage.Note(SystemCall.PolicySet, Sys.PolicySet(BootHandle.Policy, ulong.MaxValue, Stage.World.Program->Policy));
        if (Stage.World.End != long.MaxValue)
        {
            Sys.SleepUntil(Stage.World.End + Margin);
        }

        // Threads that are forked meanwhile are joined too.
        for (uint i = 0; i < Stage.Threads; i++)
        {
            Sys.ThreadJoin(Stage.Thread(i)->Thread.Handle);
        }

        long ended = Clock.Now();
        Send(ended < Stage.World.End ? ended : Stage.World.End);
        return 0;
    }

    private static void Send(long ended)
    {
        ulong lost = 0;
        for (uint i = 0; i < Stage.Threads; i++)
        {
            Runner* runner = Stage.Thread(i);
            SendNotes(i, runner->Machine.Task, in runner->Machine.Log);
            SendLedger(i, runner->Machine.Task, runner->Thread.Handle);
            lost += runner->Machine.Log.Lost;
        }

        Report.Metric("elapsedNs", ended - Stage.World.Begin);
        Report.Metric("notesLost", (long)lost);
        Report.Metric("callsRefused", (long)Stage.Refused);
        bool good = lost == 0 && Stage.Refused == 0;
        Report.Finish(
            good,
            good ? "every thread came to its end"
                : lost != 0 ? "a thread noted down more than there is room for: make the scenario shorter"
                : "the kernel refused a system call, or there was no room for a fork");
    }

    private static void SendNotes(uint thread, uint task, in ScenarioLog log)
    {
        long stream = ((long)task << 16) | thread;
        for (uint i = 0; i < log.Count; i += EventsARecord)
        {
            uint rest = log.Count - i;
            uint count = rest < EventsARecord ? rest : EventsARecord;
            Report.Stream(stream, (byte*)(log.Entries + i), (int)count * sizeof(ScenarioEvent));
        }
    }

    private static void SendLedger(uint thread, uint task, ulong handle)
    {
        Error error = Ledgers.OfThread(handle, out LedgerReading reading);
        Report.CaseBegin(0);
        Report.Parameter("thread", thread);
        Report.Parameter("task", task);
        Report.Metric("ledgerRuntimeNs", (long)reading.Sum.RuntimeNs);
        Report.Metric("ledgerWaitNs", (long)reading.Sum.WaitNs);
        Report.Metric("ledgerSwitches", (long)reading.Sum.Switches);
        Report.Metric("ledgerPreemptions", (long)reading.Sum.Preemptions);
        Report.Metric("ledgerMigrations", (long)reading.Sum.Migrations);
        Report.CaseEnd(error == Error.None);
    }
}
