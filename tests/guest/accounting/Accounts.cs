using System.Runtime;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>
/// One ledger: every nanosecond and every switch that a CPU counts stands in exactly one thread's ledger, or is idle's or the
/// kernel's, whatever threads do and wherever they run.
/// </summary>
internal static unsafe class Accounts
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => Trial.OwnRole switch
    {
        Toilers.Role => Toilers.Live(),
        _ => Trial.Run("accounting", &Checks),
    };

    private static void Checks()
    {
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        CpuChecks.Run();
        GroupChecks.Run();
        BlockChecks.Run();
        CountChecks.Run();
        WaitChecks.Run();
        DodgeChecks.Run();
        MigrationChecks.Run();
    }
}
