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
        ThreadGroup crew = ThreadGroup.Allocate(members);
        PoolLevels before = PoolLevels.Read();
        for (uint i = 0; i < members; i++)
        {
            crew.AddAndStartOn(i % Program.Cpus, &StartSome, i);
        }

        Report.Check(crew.JoinAll() == members * Rounds, "threads of all CPUs start processes at once, and each learns the codes of its own");
        Report.Check(before.WaitUntilRestored(), "and none of all these is left");
        Report.Check(KernelConsistency.StaleEntries() == 0, "nor named by any queue");
    }

    // How many went as they should. Every third is ended by its maker, which may be before it has run or after it has ended.
    private static ulong StartSome(ulong member)
    {
        ulong right = 0;
        for (uint round = 0; round < Rounds; round++)
        {
            ulong code = (member << 8) | round;
            SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.ReturnCode);
            spawn.AddArgument("code", (long)code);
            SystemResult child = spawn.Start();
            while (child.Error == Error.PoolFull)
            {
                // What has ended goes back to the pool a moment after its maker knows.
                Sys.Yield();
                child = spawn.Start();
            }

            bool ends = round % 3 == 2;
            bool good = child.Error == Error.None && (!ends || Sys.ProcessExit(child.Value, Ended) == Error.None);
            SystemResult found = SpawnBuilder.WaitAndClose(child.Value);
            right += good && found.Error == Error.None && (found.Value == code || (ends && found.Value == Ended)) ? 1ul : 0;
        }

        return right;
    }
}
