using Lachesis.User;

namespace Lachesis.Park;

/// <summary>A mutex and a barrier that are built on parking keep their promises.</summary>
internal static unsafe class MutexChecks
{
    private struct Shared
    {
        internal Mutex Mutex;
        internal Barrier Barrier;
        internal ulong Counter;
        internal ulong Rounds;
        internal ulong Workers;
        internal ulong Behind;
    }

    internal static void Run()
    {
        uint workers = (Program.Cpus * 2) + 1;
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        ThreadGroup crew = ThreadGroup.Allocate(workers);
        shared->Rounds = 20_000 / workers;
        shared->Workers = workers;
        for (uint i = 0; i < workers; i++)
        {
            crew.AddAndStart(&CountUp, (ulong)shared);
        }

        crew.JoinAll();
        Report.Check(
            shared->Counter == shared->Rounds * workers,
            "a plain counter under a mutex counts every step of every thread");

        shared->Rounds = 1_000 / workers;
        shared->Counter = 0;
        for (uint i = 0; i < workers; i++)
        {
            crew.AddAndStart(&WaitAtBarrier, (ulong)shared);
        }

        crew.JoinAll();
        Report.Check(
            shared->Behind == 0 && shared->Counter == shared->Rounds * workers,
            "nobody crosses a barrier before all have come to it");
    }

    private static ulong CountUp(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        for (ulong i = 0; i < shared->Rounds; i++)
        {
            shared->Mutex.Lock();
            ulong before = System.Threading.Volatile.Read(ref shared->Counter);
            if (i % 64 == 0)
            {
                Sys.Yield();
            }

            System.Threading.Volatile.Write(ref shared->Counter, before + 1);
            shared->Mutex.Unlock();
        }

        return 0;
    }

    private static ulong WaitAtBarrier(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        for (ulong round = 1; round <= shared->Rounds; round++)
        {
            System.Threading.Interlocked.ExchangeAdd(ref shared->Counter, 1);
            shared->Barrier.Wait(shared->Workers);
            if (System.Threading.Volatile.Read(ref shared->Counter) < round * shared->Workers)
            {
                System.Threading.Interlocked.ExchangeAdd(ref shared->Behind, 1);
            }
        }

        return 0;
    }
}
