using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>A mutex whose holder does not give it back: the others stay parked, and nothing of them is lost.</summary>
internal static unsafe class HolderChecks
{
    private const ulong Code = 0x0DED;

    private struct Shared
    {
        internal Mutex Mutex;
        internal Event Held;
        internal ulong Counter;
        internal ulong Never;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        uint waiters = Program.Cpus + 2;
        ThreadGroup crew = ThreadGroup.Allocate(waiters + 1);
        bool right = StartHolderAndWaiters(&crew, shared, waiters, &HoldForEver);
        right &= Sys.ThreadKill(crew.Handle(0), Code) == Error.None && Sys.ThreadJoin(crew.Handle(0)).Value == Code;
        right &= Volatile.Read(ref shared->Counter) == 0;
        Report.Check(right, "with the thread that holds a mutex nobody gets in");

        // Whoever sees to the dead holder's work gives it back: every one of them gets in, one after the other.
        shared->Mutex.Unlock();
        Report.Check(
            crew.JoinAll() == Code + waiters && shared->Counter == waiters,
            "once somebody else gives it back, all who are parked get in");

        *shared = default;
        right = StartHolderAndWaiters(&crew, shared, waiters, &HoldForEver) && Sys.ThreadSuspend(crew.Handle(0)) == Error.None;
        Volatile.Write(ref shared->Never, 1);
        Parking.WakeAll(ref shared->Never);
        right &= Volatile.Read(ref shared->Counter) == 0;
        right &= Sys.ThreadResume(crew.Handle(0)) == Error.None && crew.JoinAll() == waiters && shared->Counter == waiters;
        Report.Check(right, "a holder that is suspended and woken gives it back when it is resumed");
    }

    // One that holds it, and the others parked at it.
    private static bool StartHolderAndWaiters(ThreadGroup* crew, Shared* shared, uint waiters, delegate*<ulong, ulong> hold)
    {
        crew->AddAndStartOn(0, hold, (ulong)shared);
        bool all = shared->Held.Wait();
        for (uint i = 1; i <= waiters; i++)
        {
            crew->AddAndStartOn(i % Program.Cpus, &CountUp, (ulong)shared);
            all &= BlockDetection.WaitUntilThreadBlocks(crew->Handle(i));
        }

        return all;
    }

    private static ulong HoldForEver(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        shared->Mutex.Lock();
        shared->Held.Set();
        while (Volatile.Read(ref shared->Never) == 0)
        {
            Parking.Park(ref shared->Never, 0);
        }

        shared->Mutex.Unlock();
        return 0;
    }

    private static ulong CountUp(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        shared->Mutex.Lock();
        ulong before = shared->Counter;
        Sys.Yield();
        shared->Counter = before + 1;
        shared->Mutex.Unlock();
        return 1;
    }
}
