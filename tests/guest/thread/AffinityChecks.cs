using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>A thread runs where its mask says, from the moment at which it says so.</summary>
internal static unsafe class AffinityChecks
{
    private const int Moves = 100;

    private struct Mover
    {
        internal ulong Stop;
        internal ulong Cpu;
        internal ulong Steps;
        internal ulong Gate;
    }

    internal static void Run()
    {
        Mover* mover = (Mover*)Memory.Map((ulong)sizeof(Mover));
        ThreadGroup crew = ThreadGroup.Allocate(Program.Cpus + 1);
        CheckMasks();
        CheckPinned(&crew);
        CheckOwnMove();
        if (Program.Cpus > 1)
        {
            CheckRunning(&crew, mover);
            CheckSpinning(&crew, mover);
            CheckQueued(&crew, mover);
            CheckBlocked(&crew, mover);
        }
    }

    private static void CheckMasks()
    {
        ulong beyond = Program.Cpus == 64 ? 0 : ~0ul << (int)Program.Cpus;
        Report.Check(
            Sys.ThreadSetAffinity(BootHandle.MainThread, 0) == Error.BadArgument
            && Sys.ThreadSetAffinity(BootHandle.MainThread, beyond) == Error.BadArgument
            && Sys.ThreadSetAffinity(BootHandle.MainThread, beyond | 1) == Error.None
            && Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue) == Error.None,
            "a mask without a CPU that exists gives BadArgument; others do no harm");
    }

    private static void CheckPinned(ThreadGroup* crew)
    {
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            crew->AddAndStartOn(cpu, &CountElsewhere, cpu);
        }

        Report.Check(crew->JoinAll() == 0, "a thread allowed one CPU runs there and nowhere else");
    }

    private static ulong CountElsewhere(ulong cpu)
    {
        ulong elsewhere = 0;
        for (int i = 0; i < 300; i++)
        {
            elsewhere += Sys.CurrentCpu() != cpu ? 1ul : 0;
            if (i % 3 == 0)
            {
                Sys.Yield();
            }
            else if (i % 50 == 0)
            {
                Sys.SleepUntil(Clock.Now() + 20_000);
            }
        }

        return elsewhere;
    }

    private static void CheckOwnMove()
    {
        Lachesis.User.Random random = new(1);
        bool all = true;
        for (int i = 0; i < Moves * 3; i++)
        {
            uint target = (uint)random.Below(Program.Cpus);
            all &= Sys.ThreadSetAffinity(BootHandle.MainThread, 1ul << (int)target) == Error.None;
            all &= Sys.CurrentCpu() == target;
        }

        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
        Report.Check(all, "a thread that moves itself is there before the call returns");
    }

    // The mover says where it is all the time.
    private static void CheckRunning(ThreadGroup* crew, Mover* mover)
    {
        *mover = default;
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        crew->AddAndStart(&SayWhere, (ulong)mover);
        bool stays = true;
        for (uint i = 0; i < Moves; i++)
        {
            uint target = i % Program.Cpus;
            Sys.ThreadSetAffinity(crew->Handle(0), 1ul << (int)target);
            WaitUntilAt(mover, target);
            ulong steps = Volatile.Read(ref mover->Steps);
            while (Volatile.Read(ref mover->Steps) < steps + 20)
            {
                stays &= Volatile.Read(ref mover->Cpu) == target;
                Sys.Yield();
            }
        }

        Volatile.Write(ref mover->Stop, 1);
        crew->JoinAll();
        Report.Check(stays, "a running thread that another one moves gets there, and then runs nowhere else");
    }

    private static ulong SayWhere(ulong argument)
    {
        Mover* mover = (Mover*)argument;
        while (Volatile.Read(ref mover->Stop) == 0)
        {
            Volatile.Write(ref mover->Cpu, Sys.CurrentCpu());
            Volatile.Write(ref mover->Steps, mover->Steps + 1);
        }

        return 0;
    }

    private static void WaitUntilAt(Mover* mover, uint cpu)
    {
        ulong steps = Volatile.Read(ref mover->Steps);
        while (Volatile.Read(ref mover->Cpu) != cpu || Volatile.Read(ref mover->Steps) < steps + 2)
        {
            Sys.Yield();
        }
    }

    // The mover makes no system call: only an interrupt can move it, and only a counter shows that it did.
    private static void CheckSpinning(ThreadGroup* crew, Mover* mover)
    {
        bool all = true;
        for (uint i = 0; i < Moves / 5; i++)
        {
            *mover = default;
            uint from = 1 + (i % (Program.Cpus - 1));
            uint to = (from + 1) % Program.Cpus;
            crew->AddAndStartOn(from, &SpinThenSay, (ulong)mover);
            while (Volatile.Read(ref mover->Steps) == 0)
            {
                Sys.Yield();
            }

            ulong migrations = Counters.Of(to, Counter.MigrationsIn);
            Sys.ThreadSetAffinity(crew->Handle(0), 1ul << (int)to);
            while (Counters.Of(to, Counter.MigrationsIn) == migrations)
            {
                Sys.Yield();
            }

            Volatile.Write(ref mover->Gate, 1);
            all &= crew->JoinAll() == to;
        }

        Report.Check(all, "a thread that spins in user mode is moved all the same");
    }

    private static ulong SpinThenSay(ulong argument)
    {
        Mover* mover = (Mover*)argument;
        Volatile.Write(ref mover->Steps, 1);
        while (Volatile.Read(ref mover->Gate) == 0)
        {
        }

        return Sys.CurrentCpu();
    }

    // The CPU that the mover waits for is busy with another thread.
    private static void CheckQueued(ThreadGroup* crew, Mover* hog)
    {
        bool all = true;
        uint busy = Program.Cpus - 1;
        for (int i = 0; i < 20; i++)
        {
            *hog = default;
            crew->AddAndStartOn(busy, &SpinThenSay, (ulong)hog);
            while (Volatile.Read(ref hog->Steps) == 0)
            {
                Sys.Yield();
            }

            crew->AddAndStartOn(busy, &Where, 0);
            all &= Sys.ThreadSetAffinity(crew->Handle(1), 1) == Error.None;
            SystemResult where = Sys.ThreadJoin(crew->Handle(1));
            Volatile.Write(ref hog->Gate, 1);
            ulong sum = crew->JoinAll();
            all &= where.Error == Error.None && (where.Value == 0 || where.Value == busy) && sum == busy + where.Value;
        }

        Report.Check(all, "a queued thread that is moved runs without its old CPU");
    }

    private static ulong Where(ulong unused) => Sys.CurrentCpu();

    private static void CheckBlocked(ThreadGroup* crew, Mover* mover)
    {
        bool all = true;
        for (uint i = 0; i < Moves; i++)
        {
            *mover = default;
            uint to = i % Program.Cpus;
            uint from = Program.Cpus - 1 - to;
            ulong blocks = Counters.Of(from, Counter.VoluntaryBlocks);
            crew->AddAndStartOn(from, &ParkThenSay, (ulong)mover);
            while (Counters.Of(from, Counter.VoluntaryBlocks) == blocks)
            {
                Sys.Yield();
            }

            Sys.ThreadSetAffinity(crew->Handle(0), 1ul << (int)to);
            Volatile.Write(ref mover->Gate, 1);
            Parking.WakeAll(ref mover->Gate);
            all &= crew->JoinAll() == to;
        }

        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
        Report.Check(all, "a blocked thread that is moved wakes where it was moved to");
    }

    private static ulong ParkThenSay(ulong argument)
    {
        Mover* mover = (Mover*)argument;
        while (Volatile.Read(ref mover->Gate) == 0)
        {
            Parking.Park(ref mover->Gate, 0);
        }

        return Sys.CurrentCpu();
    }
}
