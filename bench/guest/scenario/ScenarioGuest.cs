using System.Runtime;
using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.User;

namespace Lachesis.ScenarioGuest;

/// <summary>
/// Runs the scenario that the host left in this process's data, and sends what its threads noted down: chunk by chunk a record of the
/// stream <c>task &lt;&lt; 32 | thread</c>, which holds <see cref="ScenarioEvent"/>s.
/// </summary>
internal static unsafe class ScenarioGuest
{
    private const long DefaultGapNs = 5_000;
    private const long Margin = 1_000_000;
    private const ulong FirstCpu = 1;
    private const int TaskShift = 32;

    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        if (!ScenarioState.Initialize(Program.Argument("gap", DefaultGapNs)))
        {
            Report.Finish(false, "no scenario that can be run, or not enough memory for it");
            return 1;
        }

        // In turn, while this CPU is this thread's: under round robin nobody takes it away from it.
        Sys.ThreadSetAffinity(BootHandle.MainThread, FirstCpu);
        ScenarioState.RecordState(SystemCall.PolicySet, Sys.PolicySet(BootHandle.Policy, ulong.MaxValue, SchedulingPolicy.RoundRobin));
        ScenarioState.RecordState(SystemCall.FairFeaturesSet, Sys.FairFeaturesSet(BootHandle.Policy, ScenarioState.World.Program->Features));
        ScenarioState.Begin();
        ScenarioState.RecordState(SystemCall.PolicySet, Sys.PolicySet(BootHandle.Policy, ulong.MaxValue, ScenarioState.World.Program->Policy));
        if (ScenarioState.World.End != long.MaxValue)
        {
            Sys.SleepUntil(ScenarioState.World.End + Margin);
        }

        bool stuck = ScenarioState.WaitForAll();
        long ended = Clock.Now();
        Send(ended < ScenarioState.World.End ? ended : ScenarioState.World.End, stuck);
        return 0;
    }

    private static void Send(long ended, bool stuck)
    {
        ScenarioChunkPool* notes = ScenarioState.World.EventChunks;
        for (ulong i = 0; i < notes->Count; i++)
        {
            ScenarioChunk* chunk = notes->At(i);
            long stream = ((long)chunk->Task << TaskShift) | chunk->Thread;
            Report.Stream(stream, (byte*)chunk->Events(), (int)chunk->Count * sizeof(ScenarioEvent));
        }

        Report.Metric("elapsedNs", ended - ScenarioState.World.Begin);
        Report.Metric("stuck", stuck ? 1 : 0);
        Report.Metric("unclear", (long)ScenarioState.IsInconclusive);
        Report.Metric("notesLost", (long)ScenarioState.DroppedEvents);
        Report.Metric("callsRefused", (long)ScenarioState.Refused);
        bool good = ScenarioState.DroppedEvents == 0 && ScenarioState.Refused == 0;
        Report.Finish(
            good,
            good ? "every thread came to its end"
                : ScenarioState.DroppedEvents != 0 ? "threads noted down more than there is room for: make the scenario shorter"
                : "the kernel refused a system call, or a fork found as many threads as there can be at a time");
    }
}
