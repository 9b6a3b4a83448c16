using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Costs;

/// <summary>
/// Yielding under each policy among few and many runnable threads of one CPU. Every thread notes when it yields, and the one
/// that runs next how long that took: each switch is one figure.
/// </summary>
internal static unsafe class ManyThreadYields
{
    private const ulong StackBytes = 4096;

    private struct YieldingThreads
    {
        internal Samples Samples;
        internal ulong Began;
        internal ulong Switches;
        internal ulong First;
        internal ulong Stop;
    }

    /// <summary>All threads of the crowd, the caller among them, so <paramref name="threads"/> are runnable, the running one
    /// included.</summary>
    internal static void Measure(ref Samples samples, SchedulingPolicy policy, uint threads, string name)
    {
        YieldingThreads crowd = default;
        crowd.Samples = samples;
        crowd.First = ulong.MaxValue;
        UserThread* members = (UserThread*)Memory.Map(threads * (ulong)sizeof(UserThread));
        Sys.PolicySet(BootHandle.Policy, 1, policy);
        for (uint i = 0; i + 1 < threads; i++)
        {
            ulong stack = (ulong)Memory.Map(StackBytes);
            UserThread.Create(&members[i], &YieldUntilStopped, (ulong)&crowd, stack + StackBytes);
            Sys.ThreadSetAffinity(members[i].Handle, 1);
            Sys.ThreadStart(members[i].Handle);
        }

        // Only now are all there; those that are have yielded to each other before.
        crowd.Switches = 0;
        crowd.First = Samples.WarmUp + (2 * (ulong)threads);
        YieldUntilStopped((ulong)&crowd);
        for (uint i = 0; i + 1 < threads; i++)
        {
            members[i].Join();
        }

        crowd.Samples.Report(name);
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.RoundRobin);
    }

    private static ulong YieldUntilStopped(ulong argument)
    {
        YieldingThreads* crowd = (YieldingThreads*)argument;
        while (Volatile.Read(ref crowd->Stop) == 0)
        {
            crowd->Began = Clock.Ticks();
            Sys.Yield();
            ulong took = Clock.Ticks() - crowd->Began;
            crowd->Switches++;
            ulong at = crowd->Switches - crowd->First;
            if (crowd->Switches >= crowd->First && at < crowd->Samples.Count)
            {
                crowd->Samples.SetElapsed((uint)at, took, 1);
            }
            else if (crowd->Switches >= crowd->First)
            {
                Volatile.Write(ref crowd->Stop, 1);
            }
        }

        return 0;
    }
}
