using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>Threads until the pool is full: that is an error, everything made by then works, and all of it comes
/// back.</summary>
internal static unsafe class CapacityChecks
{
    // The first process's thread and this one, and what the manifest's pool has room for besides.
    private const uint Others = 2;
    private const uint Room = 320 - Others;
    private const int Rounds = 5;

    private struct Shared
    {
        internal Event Go;
        internal ulong Ran;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        ThreadGroup crew = ThreadGroup.Allocate(Room + 8);
        PoolLevels before = PoolLevels.Read();
        before.SetExpected(PoolKind.Threads, Others);
        bool full = before.WaitUntilObjectsRestored();
        bool worked = true;
        bool back = true;
        for (int round = 0; round < Rounds; round++)
        {
            *shared = default;
            Error error = Error.None;
            while (error == Error.None)
            {
                error = crew.Add(&CountUp, (ulong)shared);
            }

            uint made = crew.Count;
            full &= error == Error.PoolFull && made == Room && crew.Add(&CountUp, 0) == Error.PoolFull;
            for (uint i = 0; i < made; i++)
            {
                worked &= Sys.ThreadStart(crew.Handle(i)) == Error.None;
            }

            shared->Go.Set();
            worked &= crew.JoinAll() == made * 3ul && shared->Ran == made;
            back &= before.WaitUntilObjectsRestored();
        }

        Report.Check(full, "when the pool is full, making a thread gives PoolFull");
        Report.Check(worked, "all threads of a full pool run and end");
        Report.Check(back, "the pool is level again after they were joined");
    }

    private static ulong CountUp(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        shared->Go.Wait();
        Interlocked.ExchangeAdd(ref shared->Ran, 1);
        return 3;
    }
}
