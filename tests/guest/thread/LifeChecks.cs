using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>A thread begins once, ends once, and everyone who asks learns with what.</summary>
internal static unsafe class LifeChecks
{
    private const ulong Code = 0xFEED_F00D_1234_5678;
    private const uint Joiners = 6;

    private struct Shared
    {
        internal Event Go;
        internal ulong Target;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        ThreadGroup crew = ThreadGroup.Allocate(Joiners + 1);
        byte* stack = Memory.Map(ThreadGroup.StackBytes);
        PoolLevels before = PoolLevels.Read();
        CheckEnds(&crew);
        CheckStarts(&crew, shared);
        CheckOwnJoin(&crew, shared);
        CheckJoiners(&crew, shared);
        CheckClosedWhileJoining(&crew, shared, (ulong)stack + ThreadGroup.StackBytes);
        Report.Check(before.WaitUntilRestored(), "threads that ended and were closed leave nothing behind");
    }

    private static ulong ReturnArgument(ulong code) => code;

    private static ulong ExitWith(ulong code)
    {
        Sys.ThreadExit(code);
        return 0;
    }

    private static ulong WaitAndGive(ulong shared)
    {
        ((Shared*)shared)->Go.Wait();
        return Code;
    }

    private static ulong JoinTarget(ulong shared)
    {
        SystemResult result = Sys.ThreadJoin(((Shared*)shared)->Target);
        return result.Error == Error.None && result.Value == Code ? 1ul : 0;
    }

    private static ulong JoinSelf(ulong shared) => (ulong)Sys.ThreadJoin(((Shared*)shared)->Target).Error;

    private static void CheckEnds(ThreadGroup* crew)
    {
        crew->AddAndStart(&ReturnArgument, Code);
        Report.Check(crew->JoinAll() == Code, "what a thread's function gives is its exit code");
        crew->AddAndStart(&ExitWith, Code);
        Report.Check(crew->JoinAll() == Code, "a thread can end anywhere, with any exit code");
        crew->AddAndStart(&ReturnArgument, Code);
        SystemResult first = Sys.ThreadJoin(crew->Handle(0));
        SystemResult again = Sys.ThreadJoin(crew->Handle(0));
        Report.Check(
            first.Error == Error.None && again.Error == Error.None && first.Value == Code && again.Value == Code,
            "a thread that is dead can be joined again");
        Report.Check(Sys.ThreadStart(crew->Handle(0)) == Error.BadState, "a thread that is dead cannot be started");
        crew->JoinAll();
    }

    private static void CheckStarts(ThreadGroup* crew, Shared* shared)
    {
        shared->Go = default;
        crew->Add(&WaitAndGive, (ulong)shared);
        ulong blocks = Counters.Sum(Counter.VoluntaryBlocks);
        bool once = Sys.ThreadStart(crew->Handle(0)) == Error.None;
        bool twice = Sys.ThreadStart(crew->Handle(0)) == Error.BadState;
        while (Counters.Sum(Counter.VoluntaryBlocks) == blocks)
        {
            Sys.Yield();
        }

        // Now it is blocked: a start must not be taken for a wake.
        twice &= Sys.ThreadStart(crew->Handle(0)) == Error.BadState;
        shared->Go.Set();
        Report.Check(once && twice && crew->JoinAll() == Code, "a thread starts once; the second start gives BadState");

        shared->Go = default;
        crew->Add(&WaitAndGive, (ulong)shared);
        shared->Target = crew->Handle(0);
        crew->AddAndStart(&JoinTarget, (ulong)shared);
        Sys.SleepUntil(Clock.Now() + 1_000_000);
        Sys.ThreadStart(crew->Handle(0));
        shared->Go.Set();
        Report.Check(crew->JoinAll() == Code + 1, "a thread can be joined before it was started");
    }

    private static void CheckOwnJoin(ThreadGroup* crew, Shared* shared)
    {
        bool main = Sys.ThreadJoin(BootHandle.MainThread).Error == Error.BadState;
        crew->Add(&JoinSelf, (ulong)shared);
        shared->Target = crew->Handle(0);
        Sys.ThreadStart(crew->Handle(0));
        Report.Check(main && crew->JoinAll() == (ulong)Error.BadState, "a thread that joins itself gets BadState");
    }

    private static void CheckJoiners(ThreadGroup* crew, Shared* shared)
    {
        bool all = true;
        for (int round = 0; round < 50; round++)
        {
            shared->Go = default;
            crew->AddAndStart(&WaitAndGive, (ulong)shared);
            shared->Target = crew->Handle(0);
            for (int i = 0; i < Joiners; i++)
            {
                crew->AddAndStart(&JoinTarget, (ulong)shared);
            }

            shared->Go.Set();
            all &= crew->JoinAll() == Code + Joiners;
        }

        Report.Check(all, "several threads that join one at once all get its exit code");
    }

    // The joiner, blocked, needs no handle any more: not the one that it passed, nor anyone's.
    private static void CheckClosedWhileJoining(ThreadGroup* crew, Shared* shared, ulong stackTop)
    {
        shared->Go = default;
        UserThread target;
        UserThread.Create(&target, &WaitAndGive, (ulong)shared, stackTop);
        shared->Target = target.Handle;
        ulong blocks = Counters.Sum(Counter.VoluntaryBlocks);
        Sys.ThreadStart(target.Handle);
        crew->AddAndStart(&JoinTarget, (ulong)shared);
        while (Counters.Sum(Counter.VoluntaryBlocks) < blocks + 2)
        {
            Sys.Yield();
        }

        bool closed = Sys.CapabilityDelete(target.Handle) == Error.None;
        shared->Go.Set();
        Report.Check(
            closed && crew->JoinAll() == 1,
            "a thread whose last handle is closed is still there for who waits for it");
    }
}
