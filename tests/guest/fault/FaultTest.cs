using System.Runtime;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>Faults that other threads handle: what they are told, what goes on afterwards, and what ends.</summary>
internal static unsafe class FaultTest
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.OwnRole switch
    {
        PagedProcess.Role => PagedProcess.Wait(),
        FaultingThreads.Role => FaultingThreads.FaultOnAndOn(),
        FaultHandler.Role => FaultHandler.ServeOthers(),
        OrphanChecks.SetterRole => OrphanChecks.SetHandlers(),
        OrphanChecks.BriefRole => 0,
        _ => IsolatedTest.Run("fault", &Checks),
    };

    private static void Checks()
    {
        MessageChecks.Run();
        RegisterChecks.Run();
        PagingChecks.Run();
        ReplyChecks.Run();
        EndChecks.Run();
        RaceChecks.Run();
        OrphanChecks.Run();
    }
}
