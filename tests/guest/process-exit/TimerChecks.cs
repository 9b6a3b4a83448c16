using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process that ends with timers that are set, to signal a notification of somebody else.</summary>
internal static unsafe class TimerChecks
{
    internal const long Role = 7;

    private const uint Target = BootHandle.FirstFree;
    private const uint Count = 16;
    private const long Period = 5_000_000;
    private const ulong Code = 0x0717;

    internal static void Run()
    {
        ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        PoolLevels before = PoolLevels.Read();
        bool right = true;
        bool quiet = true;
        for (int round = 0; round < 3; round++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("process-exit", Role);
            spawn.AddCapability(notification, Rights.Write, Target);
            ulong child = spawn.Start().Value;

            // Every one of them has signalled its bit.
            ulong seen = 0;
            while (seen != (1ul << (int)Count) - 1)
            {
                seen |= IpcCalls.Wait(notification).Value;
            }

            right &= Sys.ProcessExit(child, Code) == Error.None && SpawnBuilder.WaitAndClose(child).Value == Code && before.WaitUntilRestored();
            IpcCalls.Poll(notification);
            Sys.SleepUntil(Clock.Now() + (4 * Period));
            quiet &= NoWaiters.AtNotification(notification) && KernelConsistency.StaleEntries() == 0;
        }

        Report.Check(right, "with a process its timers end, those of every CPU");
        Report.Check(quiet, "they signal nothing any more, and no timer heap names one");
        Report.Check(Sys.CapabilityDelete(notification) == Error.None && before.WaitUntilObjectsRestored(), "and hold nobody's notification");
    }

    // Some of them on each CPU's heap: that of whoever set it.
    internal static ulong RunRole()
    {
        for (uint i = 0; i < Count; i++)
        {
            Sys.ThreadSetAffinity(BootHandle.MainThread, 1ul << (int)(i % Program.Cpus));
            ulong timer = Timers.Create().Value;
            Timers.Bind(timer, Target, 1ul << (int)i);
            Timers.Set(timer, Clock.Now() + (Period / 2), Period);
        }

        return (ulong)Sys.SleepUntil(long.MaxValue - 1);
    }
}
