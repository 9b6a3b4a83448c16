using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process that others wait for, or leave behind: it ends by itself a little later.</summary>
internal static class Grandchild
{
    internal const long Role = 4;

    internal const ulong Code = 0x6C;

    internal static ulong Live()
    {
        Sys.SleepUntil(Clock.Now() + (Program.Argument("us", 1000) * 1000));
        return Code;
    }

    /// <summary>The process, to be started: it lives for so many microseconds.</summary>
    internal static Spawn Plan(long microseconds)
    {
        Spawn spawn = Spawn.InRole("process-exit", Role);
        spawn.Tell("us", microseconds);
        return spawn;
    }
}
