using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Two processes that park at the same address of their own memory have nothing to do with each other.</summary>
internal static unsafe class ProcessChecks
{
    /// <summary>The role of the other process.</summary>
    internal const long NeighbourRole = 2;

    /// <summary>The role of a process that wakes whoever is parked at that address, as far as it can.</summary>
    internal const long IntruderRole = 3;

    private const ulong Killed = 0x0DED;

    // A place at which both processes have memory: the first page of the main thread's stack, of which neither uses that
    // much.
    private static uint* SameAddress => (uint*)UserLayout.MainStackBase;

    internal static void Run()
    {
        ThreadGroup crew = ThreadGroup.Allocate(1);
        bool alone = true;
        bool own = true;
        for (int i = 0; i < 10; i++)
        {
            *SameAddress = 0;
            SpawnBuilder spawn = SpawnBuilder.ForRole("park", NeighbourRole);
            spawn.Grants = Grants.Machine;
            SystemResult neighbour = spawn.Start();
            crew.AddAndStart(&ParkHere, 0);
            own &= BlockDetection.WaitUntilProcessBlocks(neighbour.Value) && BlockDetection.WaitUntilThreadBlocks(crew.Handle(0));
            own &= Sys.Unpark(SameAddress, 10) == 1 && Sys.Unpark(SameAddress, 10) == 0;
            own &= crew.JoinAll() == (ulong)Error.None + 1;

            // Had it been woken, it would end by itself.
            Sys.SleepUntil(Clock.Now() + 1_000_000);
            alone &= Sys.ProcessExit(neighbour.Value, Killed) == Error.None && SpawnBuilder.WaitAndClose(neighbour.Value).Value == Killed;
        }

        Report.Check(own, "a wake reaches the threads of its own process that park there, and only those");
        Report.Check(alone, "threads of another process that park at the same address sleep on");
        CheckIntruder(&crew);
    }

    private static void CheckIntruder(ThreadGroup* crew)
    {
        *SameAddress = 0;
        crew->AddAndStart(&ParkHere, 0);
        bool right = BlockDetection.WaitUntilThreadBlocks(crew->Handle(0));
        right &= SpawnBuilder.ForRole("park", IntruderRole).StartAndWait().Value == Killed;
        right &= Sys.Unpark(SameAddress, 10) == 1 && crew->JoinAll() == (ulong)Error.None + 1;
        Report.Check(right, "another process wakes nobody here, and is ended while it is parked itself, with no harm to this one");
    }

    /// <summary>Wakes as many as it can, parks there with a second thread, and ends itself.</summary>
    internal static ulong Intrude()
    {
        *SameAddress = 0;
        ulong woken = Sys.Unpark(SameAddress, 10) + Sys.UnparkSwitch(SameAddress);
        ThreadGroup crew = ThreadGroup.Allocate(1);
        crew.AddAndStart(&ParkHere, 0);
        BlockDetection.WaitUntilThreadBlocks(crew.Handle(0));
        Sys.ProcessExit(BootHandle.Process, woken == 0 ? Killed : woken);
        return 0;
    }

    /// <summary>Parks where the other process parks too: how that ended.</summary>
    internal static ulong Neighbour()
    {
        *SameAddress = 0;
        return (ulong)Sys.Park(SameAddress, 0);
    }

    private static ulong ParkHere(ulong unused) => (ulong)Sys.Park(SameAddress, 0) + 1;
}
