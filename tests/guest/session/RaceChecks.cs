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
        Levels before = Levels.Now();
        Crew crew = Crew.Of(2);
        bool all = true;
        for (int round = 0; round < Rounds; round++)
        {
            ulong session = Sessions.Create().Value;
            for (int i = 0; i < 2; i++)
            {
                Spawn spawn = Spawn.InRole("session", Spawner.Role);
                spawn.Tell("lives", 1);
                spawn.Grants = Grants.Spawn;
                spawn.Session = session;

                // The first may have filled the pool by now.
                SystemResult started = spawn.Start();
                all &= started.Error is Error.None or Error.PoolFull;
                if (started.Error == Error.None)
                {
                    Sys.HandleClose(started.Value);
                }
            }

            Sys.SleepUntil(Clock.Now() + (long)random.Below(3_000_000));
            crew.Run(&End, session);
            crew.Run(&End, session);
            all &= Sessions.Wait(session).Error == Error.None;
            all &= crew.Join() == 0;
            Sys.HandleClose(session);
            all &= before.ObjectsAreBack();
        }

        Report.Check(all, "a session can be ended at any moment, whatever is being started in it");
        Report.Check(KernelBooks.StaleEntries() == 0, "and no queue names anything that has ended");
    }

    private static ulong End(ulong session) => (ulong)Sessions.End(session, 1);
}
