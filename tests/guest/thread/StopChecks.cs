using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>A suspended thread stands still until it is resumed; a killed one ends, wherever it is.</summary>
internal static unsafe class StopChecks
{
    private const ulong Code = 0xDEAD_0000_0000_0001;
    private const int Rounds = 20;
    private const long Still = 2_000_000;

    private struct Worker
    {
        internal ulong Handle;
        internal ulong Steps;
        internal ulong Stop;
        internal ulong Gate;
    }

    internal static void Run()
    {
        Worker* worker = (Worker*)Memory.Map((ulong)sizeof(Worker));
        ThreadGroup crew = ThreadGroup.Allocate(Program.Cpus + 2);
        ThreadGroup witness = ThreadGroup.Allocate(1);
        PoolLevels before = PoolLevels.Read();
        CheckStops(&crew, &witness, worker);
        CheckOwnSuspension(&crew, &witness, worker);
        CheckWaits(&crew, worker);
        CheckKillsRunning(&crew, worker);
        CheckKillsOthers(&crew, worker);
        Report.Check(before.WaitUntilRestored(), "threads that were suspended and killed leave nothing behind");
    }

    private static ulong Work(ulong argument)
    {
        Worker* worker = (Worker*)argument;
        while (Volatile.Read(ref worker->Stop) == 0)
        {
            Volatile.Write(ref worker->Steps, worker->Steps + 1);
        }

        return Code;
    }

    private static ulong WaitAtGate(ulong argument)
    {
        Worker* worker = (Worker*)argument;
        Volatile.Write(ref worker->Steps, 1);
        while (Volatile.Read(ref worker->Gate) == 0)
        {
            Parking.Park(ref worker->Gate, 0);
        }

        Volatile.Write(ref worker->Steps, 2);
        return Code;
    }

    private static ulong SuspendSelf(ulong argument)
    {
        Worker* worker = (Worker*)argument;
        ulong failures = 0;
        while (Volatile.Read(ref worker->Steps) < Rounds)
        {
            Volatile.Write(ref worker->Steps, worker->Steps + 1);
            failures += Sys.ThreadSuspend(worker->Handle) == Error.None ? 0ul : 1;
        }

        return failures;
    }

    private static void CheckStops(ThreadGroup* crew, ThreadGroup* witness, Worker* worker)
    {
        bool all = true;
        bool moves = true;
        for (uint i = 0; i < Rounds; i++)
        {
            *worker = default;
            uint cpu = i % Program.Cpus;
            crew->AddAndStartOn(cpu, &Work, (ulong)worker);
            ulong handle = crew->Handle(0);
            WaitForSteps(worker, 1);
            all &= Sys.ThreadSuspend(handle) == Error.None;
            LetAnotherRun(witness, cpu);
            ulong steps = Volatile.Read(ref worker->Steps);
            ulong runtime = Sys.ThreadRuntime(handle).Value;
            Sys.SleepUntil(Clock.Now() + Still);
            all &= Volatile.Read(ref worker->Steps) == steps && Sys.ThreadRuntime(handle).Value == runtime;
            moves &= Sys.ThreadResume(handle) == Error.None;
            WaitForSteps(worker, steps + 1);
            Volatile.Write(ref worker->Stop, 1);
            moves &= crew->JoinAll() == Code;
        }

        Report.Check(all, "a thread that is suspended while it runs neither steps nor uses time");
        Report.Check(moves, "and goes on where it was when it is resumed");
    }

    private static void CheckOwnSuspension(ThreadGroup* crew, ThreadGroup* witness, Worker* worker)
    {
        *worker = default;
        crew->Add(&SuspendSelf, (ulong)worker);
        worker->Handle = crew->Handle(0);
        Sys.ThreadSetAffinity(worker->Handle, 1);
        Sys.ThreadStart(worker->Handle);
        bool all = true;
        ulong steps = 0;
        while (all && steps < Rounds)
        {
            WaitForSteps(worker, steps + 1);
            ulong seen = Volatile.Read(ref worker->Steps);
            LetAnotherRun(witness, 0);
            steps = Volatile.Read(ref worker->Steps);

            // One step it may owe to the last of those that resumed it before.
            all &= steps <= seen + 1 && ResumeUntilItSteps(worker, steps);
        }

        Report.Check(crew->JoinAll() == 0 && all, "a thread that suspends itself returns from that once it is resumed");
    }

    private static void CheckWaits(ThreadGroup* crew, Worker* worker)
    {
        bool all = true;
        for (uint i = 0; i < Rounds; i++)
        {
            *worker = default;
            RunUntilBlocked(crew, i % Program.Cpus, worker);
            all &= Sys.ThreadSuspend(crew->Handle(0)) == Error.None;
            Volatile.Write(ref worker->Gate, 1);
            Parking.WakeAll(ref worker->Gate);
            Sys.SleepUntil(Clock.Now() + (Still / 8));
            all &= Volatile.Read(ref worker->Steps) == 1 && Sys.ThreadResume(crew->Handle(0)) == Error.None;
            all &= crew->JoinAll() == Code;
        }

        Report.Check(all, "a wait that ends while the thread is suspended lets it run once it is resumed");
    }

    private static void CheckKillsRunning(ThreadGroup* crew, Worker* worker)
    {
        bool all = true;
        for (uint i = 0; i < Rounds; i++)
        {
            *worker = default;
            crew->AddAndStartOn(i % Program.Cpus, &Work, (ulong)worker);
            WaitForSteps(worker, 1);
            all &= Sys.ThreadKill(crew->Handle(0), Code + i) == Error.None;
            all &= Sys.ThreadJoin(crew->Handle(0)).Value == Code + i;
            all &= Sys.ThreadKill(crew->Handle(0), 1) == Error.BadState;
            crew->JoinAll();
        }

        Report.Check(all, "a thread that runs dies when it is killed, and whoever joins it learns the code");
    }

    private static void CheckKillsOthers(ThreadGroup* crew, Worker* worker)
    {
        bool all = true;
        for (uint i = 0; i < Rounds; i++)
        {
            uint cpu = i % Program.Cpus;
            *worker = default;
            RunUntilBlocked(crew, cpu, worker);

            // Blocked; behind another one on its CPU, perhaps; suspended; not started.
            crew->AddAndStartOn(cpu, &Work, (ulong)worker);
            crew->AddAndStartOn(cpu, &Work, (ulong)worker);
            Sys.ThreadSuspend(crew->Handle(1));
            for (uint member = 0; member < 3; member++)
            {
                all &= Sys.ThreadKill(crew->Handle(member), Code) == Error.None;
            }

            all &= crew->JoinAll() == unchecked(3 * Code);
            crew->Add(&Work, (ulong)worker);
            all &= Sys.ThreadKill(crew->Handle(0), Code) == Error.None;
            all &= Sys.ThreadStart(crew->Handle(0)) == Error.BadState && crew->JoinAll() == Code;
        }

        Report.Check(all, "so does one that is blocked, queued, suspended, or was never started");
    }

    private static void RunUntilBlocked(ThreadGroup* crew, uint cpu, Worker* worker)
    {
        ulong blocks = Counters.Of(cpu, Counter.VoluntaryBlocks);
        crew->AddAndStartOn(cpu, &WaitAtGate, (ulong)worker);
        while (Counters.Of(cpu, Counter.VoluntaryBlocks) == blocks || Volatile.Read(ref worker->Steps) == 0)
        {
            Sys.Yield();
        }
    }

    private static void WaitForSteps(Worker* worker, ulong steps)
    {
        while (Volatile.Read(ref worker->Steps) < steps)
        {
            Sys.Yield();
        }
    }

    // Once another thread has run on a CPU, a thread that was suspended before runs there no more, however slow the host is.
    private static void LetAnotherRun(ThreadGroup* witness, uint cpu)
    {
        witness->AddAndStartOn(cpu, &Return, 0);
        witness->JoinAll();
    }

    private static ulong Return(ulong argument) => argument;

    // Again and again, as it may have been interrupted just before it suspended itself.
    private static bool ResumeUntilItSteps(Worker* worker, ulong steps)
    {
        Error error = Error.None;
        while (error == Error.None && Volatile.Read(ref worker->Steps) == steps)
        {
            error = Sys.ThreadResume(worker->Handle);
            Sys.Yield();
        }

        return error == Error.BadState || Volatile.Read(ref worker->Steps) > steps;
    }
}
