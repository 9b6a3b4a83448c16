using System.Runtime;
using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Exhibit;

/// <summary>
/// For the debugger's tests: a thread in every state that lasts, an object of every kind in use, and then a queue of each policy.
/// tests/debug stops at <see cref="Ready"/> and looks at them.
/// </summary>
internal static unsafe class Exhibit
{
    private const long SleeperRole = 1;

    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        if (Program.Argument("role", 0) == SleeperRole)
        {
            Sys.SleepUntil(long.MaxValue - 1);
            return 0;
        }

        // All on one CPU, so that what is queued stays there and the other CPU idles.
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        bool made = BlockedThreads.Make();
        for (uint policy = 0; policy < (uint)SchedulingPolicy.Count; policy++)
        {
            Sys.PolicySet(BootHandle.Policy, 1, (SchedulingPolicy)policy);

            // Of equals, each has run and waited by then.
            for (int i = 0; i < 4; i++)
            {
                Sys.Yield();
            }

            Ready(policy);
        }

        Report.Finish(made, made ? "ok" : "an object could not be made");
        return 0;
    }

    /// <summary>A process that sleeps in a session of its own.</summary>
    internal static SystemResult StartSleeper(ulong session)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("exhibit", SleeperRole);
        spawn.Session = session;
        spawn.CpuMask = 1;
        return spawn.Start();
    }

    /// <summary>Everything stands as it is to be seen under that policy.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Ready(uint policy) => Report.Metric("policy", policy);
}
