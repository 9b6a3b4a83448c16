using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process needs nobody who holds a handle to it: it runs on, and is freed when it ends.</summary>
internal static unsafe class OrphanChecks
{
    private const int Rounds = 16;
    private const long FirstLifeUs = 20_000;

    // The first process and the trial.
    private const ulong Others = 2;

    internal static void Run()
    {
        PoolLevels before = PoolLevels.Read();
        bool lives = true;
        bool ends = true;
        int seen = 0;
        long lifeUs = FirstLifeUs;
        while (seen < Rounds)
        {
            long start = Clock.Now();
            ulong child = Grandchild.Plan(lifeUs).Start().Value;
            bool closed = Sys.CapabilityDelete(child) == Error.None;
            bool there = Sys.PoolLevel(PoolKind.Processes) == Others + 1;
            bool inTime = Clock.Now() < start + (lifeUs * 1000);
            lives &= closed && (there || !inTime);
            ends &= before.WaitUntilRestored();

            // A host that is so slow that the process may have ended by itself says nothing: then again, with more time.
            seen += inTime ? 1 : 0;
            lifeUs *= inTime ? 1 : 2;
        }

        Report.Check(lives, "a process lives on when the last handle to it is closed");
        Report.Check(ends, "and is freed when it ends by itself");

        bool killed = true;
        for (int round = 0; round < Rounds; round++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("process-exit", Victim.Role);
            spawn.AddArgument("how", (long)Victim.How.FromOutside);
            spawn.Grants = Grants.Spawn;
            ulong child = spawn.Start().Value;
            Sys.SleepUntil(Clock.Now() + (round * 100_000));
            killed &= Sys.ProcessExit(child, 9) == Error.None && Sys.CapabilityDelete(child) == Error.None;
            killed &= before.WaitUntilRestored();
        }

        Report.Check(killed, "a process that is ended, and whose handle is closed at once, is freed all the same");
    }
}
