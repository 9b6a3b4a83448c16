using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Costs;

/// <summary>Waking a parked thread, until its first instruction.</summary>
internal static unsafe class Wakes
{
    private struct Table
    {
        internal UserThread Thread;
        internal uint Mine;
        internal uint Theirs;
        internal uint Turns;
        internal uint Answers;
        internal ulong Began;
        internal ulong Notification;
        internal Samples Samples;
    }

    /// <summary>Unpark another thread of this CPU and switch to it, until it has returned from its park.</summary>
    internal static void UnparkSwitch(ref Samples samples)
    {
        Table table = default;
        Start(&table, ref samples, 1);
        Sys.Yield();
        for (uint i = 0; i < table.Turns; i++)
        {
            // The other runs at once and parks again before this thread's turn comes.
            table.Began = Clock.Ticks();
            Sys.UnparkSwitch(&table.Theirs);
        }

        table.Thread.Join();
        samples.Report("unparkSwitch");
    }

    /// <summary>The same in two calls, as a condition variable does it: unpark the other, park oneself.</summary>
    internal static void UnparkThenPark(ref Samples samples)
    {
        Table table = default;
        table.Answers = 1;
        Start(&table, ref samples, 1);

        // Words that never change: every park really parks, and only an unpark ends it.
        Sys.Yield();
        for (uint i = 0; i < table.Turns; i++)
        {
            table.Began = Clock.Ticks();
            Sys.Unpark(&table.Theirs, 1);
            Sys.Park(&table.Mine, 0);
        }

        table.Thread.Join();
        samples.Report("unparkThenPark");
    }

    /// <summary>Unpark a thread of another CPU, which idles, until it runs.</summary>
    internal static void Remote(ref Samples samples)
    {
        const long settle = 20_000;
        Table table = default;
        table.Answers = 1;
        Start(&table, ref samples, 2);
        for (uint i = 0; i < table.Turns; i++)
        {
            // Long enough for the other CPU to have parked its thread and halted.
            Sys.SleepUntil(Clock.Now() + settle);
            table.Began = Clock.Ticks();
            Sys.Unpark(&table.Theirs, 1);
            Sys.Park(&table.Mine, 0);
        }

        table.Thread.Join();
        samples.Report("remoteWake");
    }

    /// <summary>Signal a notification at which a thread of higher priority waits, until that has returned from its
    /// wait.</summary>
    internal static void SignalSwitch(ref Samples samples)
    {
        Table table = default;
        table.Samples = samples;
        table.Turns = samples.Count + Samples.WarmUp;
        table.Notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.Priority);
        UserThread.Create(&table.Thread, &Signalled, (ulong)&table);
        Sys.ThreadSetAffinity(table.Thread.Handle, 1);
        Sys.ThreadSetScheduling(BootHandle.Policy, table.Thread.Handle, SchedulingParameter.Priority, SchedulingLimits.DefaultPriority + 1);
        Sys.ThreadStart(table.Thread.Handle);
        for (uint i = 0; i < table.Turns; i++)
        {
            table.Began = Clock.Ticks();
            IpcCalls.Signal(table.Notification, 1);
        }

        table.Thread.Join();
        Sys.CapabilityDelete(table.Notification);
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.RoundRobin);
        samples.Report("signalSwitch");
    }

    private static void Start(Table* table, ref Samples samples, ulong cpuMask)
    {
        table->Samples = samples;
        table->Turns = samples.Count + Samples.WarmUp;
        UserThread.Create(&table->Thread, &Woken, (ulong)table);
        Sys.ThreadSetAffinity(table->Thread.Handle, cpuMask);
        Sys.ThreadStart(table->Thread.Handle);
    }

    private static ulong Signalled(ulong argument)
    {
        Table* table = (Table*)argument;
        for (uint i = 0; i < table->Turns; i++)
        {
            IpcCalls.Wait(table->Notification);
            ulong elapsed = Clock.Ticks() - Volatile.Read(ref table->Began);
            if (i >= Samples.WarmUp)
            {
                table->Samples.SetElapsed(i - Samples.WarmUp, elapsed);
            }
        }

        return 0;
    }

    private static ulong Woken(ulong argument)
    {
        Table* table = (Table*)argument;
        for (uint i = 0; i < table->Turns; i++)
        {
            Sys.Park(&table->Theirs, 0);
            ulong elapsed = Clock.Ticks() - Volatile.Read(ref table->Began);
            if (i >= Samples.WarmUp)
            {
                table->Samples.SetElapsed(i - Samples.WarmUp, elapsed);
            }

            // The other may still be on its way into its park.
            while (table->Answers != 0 && Sys.Unpark(&table->Mine, 1) == 0)
            {
                Stubs.Pause();
            }
        }

        return 0;
    }
}
