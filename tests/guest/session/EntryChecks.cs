using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>Who may start a process in a session, and when; what happens without anybody who waits.</summary>
internal static unsafe class EntryChecks
{
    internal static void Run()
    {
        PoolLevels before = PoolLevels.Read();
        CheckEnded();
        CheckRights();
        CheckOwn();
        CheckOrphans(in before);
        Report.Check(before.WaitUntilObjectsRestored(), "nothing of all that is left behind");
    }

    private static void CheckEnded()
    {
        ulong session = Sessions.Create().Value;
        bool empty = Sessions.End(session, 5) == Error.None && Sessions.Wait(session).Value == 5;
        Report.Check(empty, "a session in which nobody is can be ended");
        Report.Check(Sleeper.Plan(session).Start().Error == Error.BadState, "nobody is started in a session that has ended");
        bool again = Sessions.End(session, 6) == Error.None && Sessions.Wait(session).Value == 5;
        Report.Check(again, "ending it again changes nothing");
        Sys.CapabilityDelete(session);
    }

    private static void CheckRights()
    {
        ulong session = Sessions.Create().Value;
        ulong weak = Sys.CapabilityMint(session, Rights.All & ~Rights.Control).Value;
        ulong blind = Sys.CapabilityMint(session, Rights.All & ~Rights.Read).Value;
        bool refused = Sleeper.Plan(weak).Start().Error == Error.MissingRight
            && Sessions.End(weak, 1) == Error.MissingRight && Sessions.Wait(blind).Error == Error.MissingRight
            && Sleeper.Plan(BootHandle.Log).Start().Error == Error.WrongKind;
        Report.Check(refused, "entering and ending need control of the session, waiting the right to read");
        ulong spawner = Sys.CapabilityMint(BootHandle.Spawn, Rights.Control).Value;
        bool confined = Sys.Call(SystemCall.SessionCreate, spawner).Error == Error.MissingRight;
        Report.Check(confined, "who may start processes, but not write, makes no sessions");
        Sys.CapabilityDelete(spawner);
        Sys.CapabilityDelete(blind);
        Sys.CapabilityDelete(weak);
        Sys.CapabilityDelete(session);
    }

    private static void CheckOwn()
    {
        ulong session = Sessions.Create().Value;
        ulong other = Sleeper.Plan(session).Start().Value;
        SpawnBuilder spawn = Sleeper.Plan(session);
        spawn.AddArgument("ends", 1);
        spawn.AddCapability(session, Rights.Same, Slots.Session);
        ulong ender = spawn.Start().Value;
        bool ended = Sessions.Wait(session).Value == Sleeper.Code && SpawnBuilder.WaitAndClose(ender).Value == Sleeper.Code
            && SpawnBuilder.WaitAndClose(other).Value == Sleeper.Code;
        Report.Check(ended, "a process can end its own session, and itself with it");
        Sys.CapabilityDelete(session);
    }

    // Nobody holds anything of these but their session.
    private static void CheckOrphans(in PoolLevels before)
    {
        before.WaitUntilObjectsRestored();
        ulong session = Sessions.Create().Value;
        SpawnBuilder spawn = Sleeper.Plan(session);
        for (int i = 0; i < 3; i++)
        {
            Sys.CapabilityDelete(spawn.Start().Value);
        }

        bool there = Sys.PoolLevel(PoolKind.Processes) == 5;
        bool ended = Sessions.End(session, 1) == Error.None && Sessions.Wait(session).Value == 1;
        Report.Check(there && ended, "processes that nobody can name end with their session");
        Sys.CapabilityDelete(session);
        before.WaitUntilObjectsRestored();
        session = Sessions.Create().Value;
        ulong last = Sleeper.Plan(session).Start().Value;
        Sys.CapabilityDelete(session);
        bool lives = Sys.PoolLevel(PoolKind.Sessions) == 2;
        Sys.ProcessExit(last, 1);
        SpawnBuilder.WaitAndClose(last);
        Report.Check(lives, "a session that nobody can name lives as long as a process is in it");
    }
}
