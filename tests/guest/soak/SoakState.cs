using System.Threading;
using Lachesis.User;

namespace Lachesis.Soak;

/// <summary>What the workers share, and what they found wrong.</summary>
internal unsafe struct SoakState
{
    /// <summary>Words that are parked at. Few, so that workers meet.</summary>
    internal const int Words = 8;

    /// <summary>1 when it is time to end.</summary>
    internal ulong Stop;

    /// <summary>Each is always 0.</summary>
    internal fixed ulong Word[Words];

    /// <summary>Waits that an unpark ended.</summary>
    internal ulong WaitsWoken;

    /// <summary>What unparks say that they woke.</summary>
    internal ulong UnparksWoke;

    /// <summary>Guards <see cref="Guarded"/>.</summary>
    internal Mutex Mutex;

    /// <summary>Counted without atomic operations.</summary>
    internal ulong Guarded;

    /// <summary>What it should be.</summary>
    internal ulong GuardedExpected;

    /// <summary>Threads made, and what their exit codes add up to.</summary>
    internal ulong ThreadsMade, ProcessesMade;

    /// <summary>How often something was not as it should be.</summary>
    internal ulong WrongCode, WrongProcess, WrongCpu, EarlyWake, ChangedRegister, ChangedMemory, WrongWait, Refused;

    /// <summary>Adds one to a total.</summary>
    internal static void Count(ref ulong total) => Interlocked.ExchangeAdd(ref total, 1);

    /// <summary>Makes the checks on all of it.</summary>
    internal void Report()
    {
        Check(ThreadsMade > 0 && WrongCode == 0, "every thread ends with its exit code");
        Check(ProcessesMade > 0 && WrongProcess == 0, "every process ends with its exit code, or that of who ended it");
        Check(WrongCpu == 0, "threads run where their masks say");
        Check(EarlyWake == 0, "nobody wakes before its instant");
        Check(ChangedRegister == 0, "no register of a preempted thread changes");
        Check(ChangedMemory == 0, "no memory changes by itself");
        Check(WrongWait == 0, "waits end in the ways in which they may");
        Check(Refused == 0, "nothing is refused that should be possible");
        Check(WaitsWoken == UnparksWoke, "as many waits were woken as unparks woke");
        Check(Guarded == GuardedExpected && Guarded > 0, "a counter under a mutex counts every step");
    }

    private static void Check(bool held, string what) => User.Report.Check(held, what);
}
