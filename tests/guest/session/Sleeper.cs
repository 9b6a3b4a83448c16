using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>A process that does nothing at all, but end its own session if it is told to.</summary>
internal static class Sleeper
{
    internal const long Role = 4;

    /// <summary>What it ends its session with.</summary>
    internal const ulong Code = 0x51;

    internal static ulong RunRole()
    {
        if (Program.Argument("ends", 0) != 0)
        {
            Sessions.End(Slots.Session, Code);
            return 1;
        }

        for (long i = Program.Argument("capabilities", 0); i > 0; i--)
        {
            Sys.CapabilityCopy(BootHandle.MainThread);
        }

        Sys.SleepUntil(long.MaxValue - 1);
        return 2;
    }

    /// <summary>The process, to be started in a session; with so many capabilities more than it needs.</summary>
    internal static SpawnBuilder Plan(ulong session, uint capabilities = 0)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("session", Role);
        spawn.Session = session;
        spawn.AddArgument("capabilities", capabilities);
        return spawn;
    }
}
