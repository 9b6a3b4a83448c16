using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>Sessions that end while processes are being started in them, on all CPUs.</summary>
internal static unsafe class RaceChecks
{
    private const int Rounds = 20;

    internal static void Run()
    {
        Random random = new(55);
        PoolLevels before = PoolLevels.Read();
        ThreadGroup crew = ThreadGroup.Allocate(2);
        bool all = true;
        for (int round = 0; round < Rounds; round++)
        {
            ulong session = Sessions.Create().Value;
            for (int i = 0; i < 2; i++)
            {
                SpawnBuilder spawn = SpawnBuilder.ForRole("session", Spawner.Role);
                spawn.AddArgument("lives", 1);
                spawn.Grants = Grants.Spawn;
                spawn.Session = session;

                // The first may have filled the pool by now.
                SystemResult started = spawn.Start();
                all &= started.Error is Error.None or Error.PoolFull;
                if (started.Error == Error.None)
                {
                    Sys.CapabilityDelete(started.Value);
                }
            }

            Sys.SleepUntil(Clock.Now() + (long)random.Below(3_000_000));
            crew.AddAndStart(&End, session);
            crew.AddAndStart(&End, session);
            all &= Sessions.Wait(session).Error == Error.None;
            all &= crew.JoinAll() == 0;
            Sys.CapabilityDelete(session);
            all &= before.WaitUntilObjectsRestored();
        }

        Report.Check(all, "a session can be ended at any moment, whatever is being started in it");
        Report.Check(KernelConsistency.StaleEntries() == 0, "and no queue names anything that has ended");
    }

    private static ulong End(ulong session) => (ulong)Sessions.End(session, 1);
}
