using System.Runtime;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>The end of a process: whatever its threads are doing, and whoever ends it.</summary>
internal static unsafe class Exits
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => Trial.OwnRole switch
    {
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
    }
}
