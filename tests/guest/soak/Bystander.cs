using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Soak;

/// <summary>A small process: it makes a few threads that spin, sleep or park, and ends with them or before them.</summary>
internal static unsafe class Bystander
{
    internal const long Role = 2;

    internal static ulong RunRole()
    {
        uint threads = (uint)Program.Argument("threads", 0);
        ulong code = (ulong)Program.Argument("code", 0);
        ulong* shared = (ulong*)Memory.Map(64);
        ThreadGroup crew = ThreadGroup.Allocate(threads);
        for (uint i = 0; i < threads; i++)
        {
            crew.AddAndStart(&Idle, (ulong)&shared[i]);
        }

        Sys.SleepUntil(Clock.Now() + (Program.Argument("us", 0) * 1000));
        if (Program.Argument("style", 0) != 0)
        {
            Sys.ProcessExit(BootHandle.Process, code);
        }

        for (uint i = 0; i < threads; i++)
        {
            Volatile.Write(ref shared[i], 1);
            Parking.WakeAll(ref shared[i]);
        }

        crew.JoinAll();
        return code;
    }

    // Spins for a while, then parks, until it is told to stop.
    private static ulong Idle(ulong argument)
    {
        ulong* stop = (ulong*)argument;
        long until = Clock.Now() + 300_000;
        while (Volatile.Read(ref *stop) == 0)
        {
            if (Clock.Now() > until)
            {
                Parking.Park(ref *stop, 0);
            }
        }

        return 0;
    }
}
