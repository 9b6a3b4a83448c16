using System.Runtime;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>Processes that log out together: whatever they are doing, and whoever is outside.</summary>
internal static unsafe class SessionTrial
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => Trial.OwnRole switch
    {
        Member.Role => Member.Live(),
        Spawner.Role => Spawner.Live(),
        Outsider.Role => Outsider.Live(),
        Sleeper.Role => Sleeper.Live(),
        _ => Trial.Run("session", &Checks),
    };

    private static void Checks()
    {
        LogoutChecks.Run();
        EntryChecks.Run();
        RaceChecks.Run();
        BoundChecks.Run();
    }
}
