using System.Runtime;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>Messages between processes: what arrives, what does not, and what becomes of those who wait when the other side
/// ends.</summary>
internal static unsafe class IpcTest
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.OwnRole switch
    {
        Server.Role => Server.Serve(),
        Client.Role => Client.CallOnAndOn(),
        StaleHandleUser.Role => StaleHandleUser.Run(),
        _ => IsolatedTest.Run("ipc", &Checks),
    };

    private static void Checks()
    {
        MessageChecks.Run();
        SignalChecks.Run();
        OrderChecks.Run();
        EndChecks.Run();
        StaleHandleChecks.Run();
        CapacityChecks.Run();
    }
}
