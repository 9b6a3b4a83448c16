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
        Crew crew = Crew.Of(Waiters);
        Check(&crew, Victim.How.ByMain, "a process that its first thread ends, ends with all other threads and its code");
        Check(&crew, Victim.How.BySibling, "a process that another of its threads ends, ends with all others and its code");
        Check(&crew, Victim.How.AfterMain, "a process lives on without its first thread until another one ends it");
        CheckLast();
    }

    private static void Check(Crew* crew, Victim.How how, string what)
    {
        Levels before = Levels.Now();
        bool all = true;
        for (int round = 0; round < Rounds; round++)
        {
            Spawn spawn = Spawn.InRole("process-exit", Victim.Role);
            spawn.Tell("how", (long)how);
            spawn.Grants = Grants.Spawn;
            SystemResult child = spawn.Start();
            for (int i = 0; i < Waiters; i++)
            {
                crew->Run(&WaitFor, child.Value);
            }

            all &= crew->Join() == Waiters * Victim.OwnCode;
            all &= Spawn.Finish(child.Value).Value == Victim.OwnCode && before.AreBack();
        }

        Report.Check(all, what);
    }

    private static ulong WaitFor(ulong process) => Sys.ProcessWait(process).Value;

    private static void CheckLast()
    {
        Levels before = Levels.Now();
        Spawn spawn = Spawn.InRole("process-exit", Victim.Role);
        spawn.Tell("how", (long)Victim.How.ByLastThread);
        bool right = true;
        for (int round = 0; round < 16; round++)
        {
            right &= spawn.Run().Value == Victim.OwnCode;
        }

        Report.Check(right && before.AreBack(), "a process that nobody ends, ends with its last thread and that one's code");
    }
}
