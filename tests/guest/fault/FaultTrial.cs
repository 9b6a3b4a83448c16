using System.Runtime;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>Faults that other threads handle: what they are told, what goes on afterwards, and what ends.</summary>
internal static unsafe class FaultTrial
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => Trial.OwnRole switch
    {
        Paged.Role => Paged.Wait(),
        Faulty.Role => Faulty.FaultOnAndOn(),
        Mender.Role => Mender.ServeOthers(),
        OrphanChecks.SetterRole => OrphanChecks.SetHandlers(),
        OrphanChecks.BriefRole => 0,
        _ => Trial.Run("fault", &Checks),
    };

    private static void Checks()
    {
        MessageChecks.Run();
        RegisterChecks.Run();
        PagingChecks.Run();
        AnswerChecks.Run();
        EndChecks.Run();
        RaceChecks.Run();
        OrphanChecks.Run();
    }
}
