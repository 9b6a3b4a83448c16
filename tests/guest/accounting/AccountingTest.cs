using System.Runtime;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>
/// One ledger: every nanosecond and every switch that a CPU counts stands in exactly one thread's ledger, or is idle's or the
/// kernel's, whatever threads do and wherever they run.
/// </summary>
internal static unsafe class AccountingTest
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.OwnRole switch
    {
        BusyProcess.Role => BusyProcess.RunRole(),
        _ => IsolatedTest.Run("accounting", &Checks),
    };

    private static void Checks()
    {
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        CpuChecks.Run();
        GroupChecks.Run();
        BlockChecks.Run();
        CountChecks.Run();
        WaitChecks.Run();
        TickEvasionChecks.Run();
        MigrationChecks.Run();
    }
}
