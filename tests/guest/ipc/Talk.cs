using System.Runtime;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>Messages between processes: what arrives, what does not, and what becomes of those who wait when the other side
/// ends.</summary>
internal static unsafe class Talk
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => Trial.OwnRole switch
    {
        Server.Role => Server.Serve(),
        Client.Role => Client.CallOnAndOn(),
        Forger.Role => Forger.Run(),
        _ => Trial.Run("ipc", &Checks),
    };

    private static void Checks()
    {
        MessageChecks.Run();
        SignalChecks.Run();
        OrderChecks.Run();
        EndChecks.Run();
        ForgeChecks.Run();
        CapacityChecks.Run();
    }
}
