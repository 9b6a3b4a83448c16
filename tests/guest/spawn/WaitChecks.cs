using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Waiting for processes.</summary>
internal static unsafe class WaitChecks
{
    private const uint Waiters = 5;
    private const int Runs = 200;

    internal static void Run()
    {
        ThreadGroup crew = ThreadGroup.Allocate(Waiters);
        PoolLevels before = PoolLevels.Read();
        Report.Check(
            Sys.ProcessWait(BootHandle.Process).Error == Error.BadState,
            "a process that waits for itself gets BadState");
        CheckDead();
        CheckTogether(&crew);
        CheckEverywhere();
        bool all = true;
        for (int i = 0; i < Runs; i++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.ReturnCode);
            spawn.AddArgument("code", i);
            SystemResult ended = spawn.StartAndWait();
            all &= ended.Error == Error.None && ended.Value == (ulong)i;
        }

        Report.Check(all, "200 processes in a row start, end and are waited for");
        Report.Check(before.WaitUntilRestored(), "none of them leaves anything behind");
    }

    private static void CheckDead()
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.ReturnCode);
        spawn.AddArgument("code", 42);
        ulong child = spawn.Start().Value;
        bool twice = Sys.ProcessWait(child).Value == 42 && Sys.ProcessWait(child).Value == 42;
        bool nothing = Sys.MemoryMap(child, 4096).Error == Error.BadState
            && Sys.ThreadCreate(child, Stubs.ThreadStartAddress(), 4096, 0).Error == Error.BadState
            && Sys.ProcessExit(child, 1) == Error.None && Sys.ProcessWait(child).Value == 42;
        bool closed = Sys.CapabilityDelete(child) == Error.None && Sys.ProcessWait(child).Error == Error.StaleHandle;
        Report.Check(twice && closed, "a process that has ended can be waited for until its handle is closed");
        Report.Check(nothing, "nothing can be done to a process that has ended");
    }

    private static void CheckTogether(ThreadGroup* crew)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.SleepForEver);
        bool all = true;
        for (int round = 0; round < 10; round++)
        {
            ulong child = spawn.Start().Value;
            for (int i = 0; i < Waiters; i++)
            {
                crew->AddAndStart(&WaitFor, child);
            }

            Sys.SleepUntil(Clock.Now() + 300_000);
            all &= Sys.ProcessExit(child, 77) == Error.None;
            all &= crew->JoinAll() == Waiters * 77 && SpawnBuilder.WaitAndClose(child).Value == 77;
        }

        Report.Check(all, "several threads that wait for one process all get its exit code");
    }

    private static ulong WaitFor(ulong process) => Sys.ProcessWait(process).Value;

    // Children on every CPU at once.
    private static void CheckEverywhere()
    {
        uint count = Program.Cpus < 8 ? Program.Cpus : 8;
        ulong* handles = stackalloc ulong[8];
        bool all = true;
        for (int round = 0; round < 10; round++)
        {
            for (uint i = 0; i < count; i++)
            {
                SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.VisitCpus);
                spawn.CpuMask = 1ul << (int)i;
                handles[i] = spawn.Start().Value;
            }

            for (uint i = 0; i < count; i++)
            {
                all &= SpawnBuilder.WaitAndClose(handles[i]).Value == 1ul << (int)i;
            }
        }

        Report.Check(all, "processes run on all CPUs at once");
    }
}
