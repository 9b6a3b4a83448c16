using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Threads of all CPUs that start processes at once, wait for them, and end them.</summary>
internal static unsafe class StormChecks
{
    private const uint Rounds = 6;
    private const ulong Ended = 0x0E4D;

    internal static void Run()
    {
        uint members = Program.Cpus < 8 ? Program.Cpus + 1 : 8;
        Crew crew = Crew.Of(members);
        Levels before = Levels.Now();
        for (uint i = 0; i < members; i++)
        {
            crew.RunOn(i % Program.Cpus, &StartSome, i);
        }

        Report.Check(crew.Join() == members * Rounds, "threads of all CPUs start processes at once, and each learns the codes of its own");
        Report.Check(before.AreBack(), "and none of all these is left");
        Report.Check(KernelBooks.StaleEntries() == 0, "nor named by any queue");
    }

    // How many went as they should. Every third is ended by its maker, which may be before it has run or after it has ended.
    private static ulong StartSome(ulong member)
    {
        ulong right = 0;
        for (uint round = 0; round < Rounds; round++)
        {
            ulong code = (member << 8) | round;
            Spawn spawn = Spawn.InRole("spawn", Children.Give);
            spawn.Tell("code", (long)code);
            SystemResult child = spawn.Start();
            while (child.Error == Error.PoolFull)
            {
                // What has ended goes back to the pool a moment after its maker knows.
                Sys.Yield();
                child = spawn.Start();
            }

            bool ends = round % 3 == 2;
            bool good = child.Error == Error.None && (!ends || Sys.ProcessExit(child.Value, Ended) == Error.None);
            SystemResult found = Spawn.Finish(child.Value);
            right += good && found.Error == Error.None && (found.Value == code || (ends && found.Value == Ended)) ? 1ul : 0;
        }

        return right;
    }
}
