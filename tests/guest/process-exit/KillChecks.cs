using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process that another one ends, at any moment of its life.</summary>
internal static unsafe class KillChecks
{
    private const int Rounds = 24;
    private const ulong FirstCode = 0x0500;
    private const ulong SecondCode = 0x0600;

    internal static void Run()
    {
        ThreadGroup crew = ThreadGroup.Allocate(4);
        Kill(
            &crew, Victim.Role, 3_000_000,
            "a process with a thread in every state can be ended from outside at any moment");
        Kill(
            &crew, BusyVictim.Role, 3_000_000,
            "a process that makes threads, memory and processes can be ended at any moment");
        Kill(&crew, Victim.Role, 100_000, "a process that has hardly begun can be ended");
        CheckRace(&crew);
    }

    private static void Kill(ThreadGroup* crew, long role, ulong within, string what)
    {
        Lachesis.User.Random random = new((ulong)role);
        PoolLevels before = PoolLevels.Read();
        bool all = true;
        for (int round = 0; round < Rounds; round++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("process-exit", role);
            spawn.AddArgument("how", (long)Victim.How.FromOutside);
            spawn.Grants = Grants.Spawn;
            ulong child = spawn.Start().Value;
            crew->AddAndStart(&WaitFor, child);
            crew->AddAndStart(&WaitFor, child);
            Sys.SleepUntil(Clock.Now() + (long)random.Below(within));
            all &= Sys.ProcessExit(child, FirstCode) == Error.None;
            all &= Sys.ProcessExit(child, SecondCode) == Error.None;
            all &= crew->JoinAll() == 2 * FirstCode && SpawnBuilder.WaitAndClose(child).Value == FirstCode;
            all &= before.WaitUntilRestored();
        }

        Report.Check(all, what);
    }

    private static ulong WaitFor(ulong process) => Sys.ProcessWait(process).Value;

    private static ulong KillFirst(ulong process) => (ulong)Sys.ProcessExit(process, FirstCode);

    private static ulong KillSecond(ulong process) => (ulong)Sys.ProcessExit(process, SecondCode);

    // The process ends itself, and two others end it, at nearly the same time: there is one winner, and everyone sees the
    // same.
    private static void CheckRace(ThreadGroup* crew)
    {
        PoolLevels before = PoolLevels.Read();
        bool all = true;
        for (int round = 0; round < Rounds; round++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("process-exit", Victim.Role);
            spawn.AddArgument("how", (long)(round % 2 == 0 ? Victim.How.ByMain : Victim.How.BySibling));
            spawn.Grants = Grants.Spawn;
            ulong child = spawn.Start().Value;
            Sys.SleepUntil(Clock.Now() + (round * 20_000));
            crew->AddAndStart(&KillFirst, child);
            crew->AddAndStart(&KillSecond, child);
            ulong first = Sys.ProcessWait(child).Value;
            all &= crew->JoinAll() == 0;
            all &= first is FirstCode or SecondCode or Victim.OwnCode && SpawnBuilder.WaitAndClose(child).Value == first;
            all &= before.WaitUntilRestored();
        }

        Report.Check(all, "a process that is ended several times at once ends once, with one of the codes");
    }
}
