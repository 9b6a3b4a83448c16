using System.Runtime;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>Processes that log out together: whatever they are doing, and whoever is outside.</summary>
internal static unsafe class SessionTest
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.OwnRole switch
    {
        Member.Role => Member.RunRole(),
        Spawner.Role => Spawner.RunRole(),
        Outsider.Role => Outsider.RunRole(),
        Sleeper.Role => Sleeper.RunRole(),
        _ => IsolatedTest.Run("session", &Checks),
    };

    private static void Checks()
    {
        SessionEndChecks.Run();
        EntryChecks.Run();
        RaceChecks.Run();
        BoundChecks.Run();
    }
}
