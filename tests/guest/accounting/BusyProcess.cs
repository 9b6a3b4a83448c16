using System.Threading;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>
/// A process in which something happens: threads that compute, yield, sleep, park, and end before it does. It is kept to one
/// CPU, so that nothing else happens there.
/// </summary>
internal static unsafe class BusyProcess
{
    /// <summary>The role of that process.</summary>
    internal const long Role = 2;

    private const uint Threads = 3;
    private const int Rounds = 30;

    /// <summary>Starts it on one CPU.</summary>
    internal static ulong Start(uint cpu)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("accounting", Role);
        spawn.AddArgument("cpu", cpu);
        spawn.CpuMask = 1ul << (int)cpu;
        return spawn.Start().Value;
    }

    /// <summary>Its life.</summary>
    internal static ulong RunRole()
    {
        uint cpu = (uint)Program.Argument("cpu", 0);
        ThreadGroup crew = ThreadGroup.Allocate(Threads);
        ulong gate = 0;
        for (uint i = 0; i < Threads; i++)
        {
            crew.AddAndStartOn(cpu, &Work, (ulong)&gate);
        }

        Work((ulong)&gate);
        Volatile.Write(ref gate, 1);
        Parking.WakeAll(ref gate);
        crew.JoinAll();
        return 0;
    }

    private static ulong Work(ulong argument)
    {
        ulong* gate = (ulong*)argument;
        for (int i = 0; i < Rounds; i++)
        {
            Meter.Spin(50_000 + (i * 1_000));
            Sys.Yield();
            Sys.SleepUntil(Clock.Now() + 30_000);
            Parking.Park(ref *gate, 0, Clock.Now() + 20_000);
        }

        return 0;
    }
}
