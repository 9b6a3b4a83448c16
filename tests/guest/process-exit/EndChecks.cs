using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process that ends itself takes all its threads with it, and everyone who waits learns its code.</summary>
internal static unsafe class EndChecks
{
    private const int Rounds = 16;
    private const uint Waiters = 3;

    internal static void Run()
    {
        ThreadGroup crew = ThreadGroup.Allocate(Waiters);
        Check(&crew, Victim.How.ByMain, "a process that its first thread ends, ends with all other threads and its code");
        Check(&crew, Victim.How.BySibling, "a process that another of its threads ends, ends with all others and its code");
        Check(&crew, Victim.How.AfterMain, "a process lives on without its first thread until another one ends it");
        CheckLast();
    }

    private static void Check(ThreadGroup* crew, Victim.How how, string what)
    {
        PoolLevels before = PoolLevels.Read();
        bool all = true;
        for (int round = 0; round < Rounds; round++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("process-exit", Victim.Role);
            spawn.AddArgument("how", (long)how);
            spawn.Grants = Grants.Spawn;
            SystemResult child = spawn.Start();
            for (int i = 0; i < Waiters; i++)
            {
                crew->AddAndStart(&WaitFor, child.Value);
            }

            all &= crew->JoinAll() == Waiters * Victim.OwnCode;
            all &= SpawnBuilder.WaitAndClose(child.Value).Value == Victim.OwnCode && before.WaitUntilRestored();
        }

        Report.Check(all, what);
    }

    private static ulong WaitFor(ulong process) => Sys.ProcessWait(process).Value;

    private static void CheckLast()
    {
        PoolLevels before = PoolLevels.Read();
        SpawnBuilder spawn = SpawnBuilder.ForRole("process-exit", Victim.Role);
        spawn.AddArgument("how", (long)Victim.How.ByLastThread);
        bool right = true;
        for (int round = 0; round < 16; round++)
        {
            right &= spawn.StartAndWait().Value == Victim.OwnCode;
        }

        Report.Check(right && before.WaitUntilRestored(), "a process that nobody ends, ends with its last thread and that one's code");
    }
}
