using System.Runtime;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>The end of a process: whatever its threads are doing, and whichever thread ends it.</summary>
internal static unsafe class ProcessExitTest
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.OwnRole switch
    {
        ChainChecks.Role => ChainChecks.RunRole(),
        RingVictim.Role => RingVictim.RunRole(),
        TimerChecks.Role => TimerChecks.RunRole(),
        Victim.Role => Victim.RunRole(),
        BusyVictim.Role => BusyVictim.RunRole(),
        Grandchild.Role => Grandchild.RunRole(),
        _ => IsolatedTest.Run("process-exit", &Checks),
    };

    private static void Checks()
    {
        EndChecks.Run();
        KillChecks.Run();
        OrphanChecks.Run();
        Report.Check(KernelConsistency.StaleEntries() == 0, "no queue, inbox, heap or list of any CPU names anything that has ended");
        ChainChecks.Run();
        LinkChecks.Run();
        RingChecks.Run();
        TimerChecks.Run();
    }
}
