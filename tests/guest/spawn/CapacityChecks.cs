using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Processes until the pool is full, or the memory, or the threads: an error each time, and all of it comes
/// back.</summary>
internal static unsafe class CapacityChecks
{
    // The first process and this one, and what the manifest's pool has room for besides.
    private const uint Others = 2;
    private const uint Room = 12 - Others;

    internal static void Run()
    {
        PoolLevels before = PoolLevels.Read();
        before.SetExpected(PoolKind.Processes, Others);
        ulong* handles = stackalloc ulong[(int)Room + 1];
        bool full = before.WaitUntilRestored();
        bool ended = true;
        for (int round = 0; round < 5; round++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.SleepForEver);
            uint made = 0;
            SystemResult child = spawn.Start();
            while (child.Error == Error.None && made < Room + 1)
            {
                handles[made++] = child.Value;
                child = spawn.Start();
            }

            full &= made == Room && child.Error == Error.PoolFull && spawn.Start().Error == Error.PoolFull;
            for (uint i = 0; i < made; i++)
            {
                ended &= Sys.ProcessExit(handles[i], i) == Error.None;
            }

            for (uint i = 0; i < made; i++)
            {
                ended &= SpawnBuilder.WaitAndClose(handles[i]).Value == i;
            }

            ended &= before.WaitUntilRestored();
        }

        Report.Check(full, "when the pool is full, starting a process gives PoolFull");
        Report.Check(ended, "all of them can be ended, and the pools are level again");
        CheckThreads();
    }

    // No thread left for the first one of a process: the process that was half made goes back.
    private static void CheckThreads()
    {
        ThreadGroup crew = ThreadGroup.Allocate(2);
        ulong stack = (ulong)Memory.Map(4096) + 4096;
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.SleepForEver);
        ulong holder = spawn.Start().Value;
        while (Sys.ThreadCreate(holder, Stubs.ThreadStartAddress(), stack, 0).Error == Error.None)
        {
        }

        PoolLevels before = PoolLevels.Read();
        bool full = crew.Add(null, 0) == Error.PoolFull && spawn.Start().Error == Error.PoolFull
            && spawn.Start().Error == Error.PoolFull;
        bool back = before.WaitUntilRestored();
        ulong code = 5;
        full &= Sys.ProcessExit(holder, code) == Error.None && SpawnBuilder.WaitAndClose(holder).Value == code;
        Report.Check(full, "when the thread pool is full, starting a process gives PoolFull");
        Report.Check(back, "and the process that was half made goes back");
    }
}
