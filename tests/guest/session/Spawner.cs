using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>A process whose threads start others of its kind all the time; each of these lives for a moment.</summary>
internal static unsafe class Spawner
{
    internal const long Role = 5;

    internal static ulong RunRole()
    {
        if (Program.Argument("lives", 0) == 0)
        {
            Sys.SleepUntil(Clock.Now() + 500_000);
            return 0;
        }

        ThreadGroup crew = ThreadGroup.Allocate(Program.Cpus);
        for (uint i = 0; i < Program.Cpus; i++)
        {
            crew.AddAndStartOn(i, &Work, 0);
        }

        crew.JoinAll();
        return 1;
    }

    // Nobody waits for these: when the process ends, they go on without it.
    private static ulong Work(ulong unused)
    {
        while (true)
        {
            SystemResult child = SpawnBuilder.ForRole("session", Role).Start();
            if (child.Error == Error.None)
            {
                Sys.CapabilityDelete(child.Value);
            }
        }
    }
}
