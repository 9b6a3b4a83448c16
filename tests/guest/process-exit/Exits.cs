using System.Runtime;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>The end of a process: whatever its threads are doing, and whoever ends it.</summary>
internal static unsafe class Exits
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => Trial.OwnRole switch
    {
        ChainChecks.Role => ChainChecks.Live(),
        RingVictim.Role => RingVictim.Live(),
        TimerChecks.Role => TimerChecks.Live(),
        Victim.Role => Victim.Live(),
        BusyVictim.Role => BusyVictim.Live(),
        Grandchild.Role => Grandchild.Live(),
        _ => Trial.Run("process-exit", &Checks),
    };

    private static void Checks()
    {
        EndChecks.Run();
        KillChecks.Run();
        OrphanChecks.Run();
        Report.Check(KernelBooks.StaleEntries() == 0, "no queue, inbox, heap or list of any CPU names anything that has ended");
        ChainChecks.Run();
        LinkChecks.Run();
        RingChecks.Run();
        TimerChecks.Run();
    }
}
