using System.Runtime;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>What a thread is: made, started, joined, where it runs, for how long, and when it wakes.</summary>
internal static unsafe class Threads
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.Run("thread", &Checks);

    private static void Checks()
    {
        LifeChecks.Run();
        HandleChecks.Run();
        CapacityChecks.Run();
        AffinityChecks.Run();
        SpreadChecks.Run();
        AccountChecks.Run();
        SleepChecks.Run();
        YieldChecks.Run();
        StopChecks.Run();
    }
}
