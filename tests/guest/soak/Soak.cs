using System.Runtime;
using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Soak;

/// <summary>
/// Everything that threads and processes can do, at random, by several threads at once, for <c>seconds=</c>, from
/// <c>seed=</c> (0: another one each time; the log says which). Afterwards all totals must add up and all levels be back.
/// </summary>
internal static unsafe class Soak
{
    private const long Second = 1_000_000_000;
    private const long ProgressNs = 2 * Second;

    // A worker that has not got on while all together did so much is stuck. In operations, as any time may pass on a busy host.
    private const ulong StuckOperations = 200_000;

    [RuntimeExport("program_main")]
    internal static ulong Main() =>
        IsolatedTest.OwnRole == Bystander.Role ? Bystander.RunRole() : IsolatedTest.Run("soak", &Checks);

    private static void Checks()
    {
        ulong seed = (ulong)Program.Argument("seed", 0);
        seed = seed != 0 ? seed : Clock.Ticks() & 0xFFFF_FFFF;
        long seconds = Program.Argument("seconds", 20);
        LogValue("soak: seed ", (long)seed);
        uint count = (Program.Cpus * 2) + 1;
        SoakState* world = (SoakState*)Memory.Map((ulong)sizeof(SoakState));
        Worker* workers = (Worker*)Memory.Map(count * (ulong)sizeof(Worker));
        ThreadGroup crew = ThreadGroup.Allocate(count);
        for (uint i = 0; i < count; i++)
        {
            workers[i].SetUp(world, (seed * 1000) + i);
        }

        GrowOwnSpace();
        PoolLevels before = PoolLevels.Read();
        for (uint i = 0; i < count; i++)
        {
            crew.AddAndStart(&Worker.Work, (ulong)&workers[i]);
        }

        if (!Watch(workers, count, Clock.Now() + (seconds * Second)))
        {
            // Nothing is left to wait for: the process of the trial goes as it is.
            Sys.ProcessExit(BootHandle.Process, 0);
        }

        Volatile.Write(ref world->Stop, 1);
        crew.JoinAll();
        LogValue("soak: operations ", (long)Operations(workers, count));
        world->Report();
        Report.Check(before.WaitUntilRestored(), "threads, processes and pages are level after the soak");
    }

    // Until the end; says now and then how far it is. False if a worker does not get on.
    private static bool Watch(Worker* workers, uint count, long end)
    {
        long nextLine = Clock.Now() + ProgressNs;
        while (Clock.Now() < end)
        {
            Sys.SleepUntil(Clock.Now() + (Second / 5));
            ulong operations = Operations(workers, count);
            for (uint i = 0; i < count; i++)
            {
                if (workers[i].IsStuck(operations, StuckOperations))
                {
                    LogValue("soak: stuck is worker ", i);
                    LogValue("soak: in operation ", (long)workers[i].Operation);
                    return Report.Check(false, "every worker gets on");
                }
            }

            if (Clock.Now() >= nextLine)
            {
                LogValue("soak: operations so far ", (long)operations);
                nextLine += ProgressNs;
            }
        }

        return Report.Check(true, "every worker gets on");
    }

    private static ulong Operations(Worker* workers, uint count)
    {
        ulong sum = 0;
        for (uint i = 0; i < count; i++)
        {
            sum += Volatile.Read(ref workers[i].Steps);
        }

        return sum;
    }

    private static void LogValue(string what, long value)
    {
        Text line = default;
        line.Add(what);
        line.Add(value);
        Log.Line(in line);
    }

    // The pages of its own capability space stay with a process until it ends: they are to be there before levels are taken.
    private static void GrowOwnSpace()
    {
        const int most = 1024;
        ulong* copies = stackalloc ulong[most];
        for (int i = 0; i < most; i++)
        {
            copies[i] = Sys.Call(SystemCall.CapabilityMint, BootHandle.Process, (ulong)Rights.Same).Value;
        }

        for (int i = 0; i < most; i++)
        {
            Sys.CapabilityDelete(copies[i]);
        }
    }
}
