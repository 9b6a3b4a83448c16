using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process that others wait for, or leave behind: it ends by itself a little later.</summary>
internal static class Grandchild
{
    internal const long Role = 4;

    internal const ulong Code = 0x6C;

    internal static ulong RunRole()
    {
        Sys.SleepUntil(Clock.Now() + (Program.Argument("us", 1000) * 1000));
        return Code;
    }

    /// <summary>The process, to be started: it lives for so many microseconds.</summary>
    internal static SpawnBuilder Plan(long microseconds)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("process-exit", Role);
        spawn.AddArgument("us", microseconds);
        return spawn;
    }
}
