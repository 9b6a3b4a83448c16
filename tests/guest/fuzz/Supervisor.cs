using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>Starts workers, ends those that do not end by themselves, and judges how they ended.</summary>
internal static unsafe class Supervisor
{
    private const int Slots = 4;
    private const ulong CallsPerWorker = 1500;
    private const long Millisecond = 1_000_000;

    // A worker that is stuck ends itself long before; one that gave away what it needs for that is ended then.
    private const long MaxWorkerLifetime = 300 * Millisecond;
    private const long StuckNs = 60_000 * Millisecond;

    private struct Slot
    {
        internal UserThread Thread;
        internal ulong Number;
        internal ulong Process;
        internal ulong Since;
        internal Random Random;
    }

    private struct Totals
    {
        internal ulong Stop, Lives, Calls, Completed, Killed, EndedOtherwise, Failed, Refused;
        internal ulong Seed, Endpoint, Notification;
        internal Coverage Coverage;
    }

    private static Totals* s_totals;
    private static Slot* s_slots;

    internal static void Checks()
    {
        ulong target = (ulong)Program.Argument("calls", 100_000);
        s_totals = (Totals*)Memory.Map((ulong)sizeof(Totals));
        s_slots = (Slot*)Memory.Map(Slots * (ulong)sizeof(Slot));
        s_totals->Seed = (ulong)Program.Argument("seed", 1);
        s_totals->Endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        s_totals->Notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        s_totals->Coverage.SetUp();
        LogValue("fuzz: seed ", (long)s_totals->Seed);
        RaisePriority(BootHandle.MainThread);
        for (uint i = 0; i < Slots; i++)
        {
            s_slots[i].Number = i;
            s_slots[i].Random = new Random((s_totals->Seed * Slots) + i);
            UserThread.Create(&s_slots[i].Thread, &RunSlot, (ulong)&s_slots[i]);
            RaisePriority(s_slots[i].Thread.Handle);
            Sys.ThreadStart(s_slots[i].Thread.Handle);
        }

        Watch(target);
        Volatile.Write(ref s_totals->Stop, 1);
        EndWorkers();
        LogTotals();
        if (target >= Coverage.CallsForAll)
        {
            Report.Check(s_totals->Coverage.TellMissing(target) == 0, "every call that may succeed has done so");
        }
    }

    // Whatever workers with authority over policies do, who ends them must run.
    private static void RaisePriority(ulong thread)
    {
        Sys.ThreadSetScheduling(BootHandle.Policy, thread, SchedulingParameter.Priority, SchedulingLimits.MaxPriority);
        Sys.ThreadSetScheduling(BootHandle.Policy, thread, SchedulingParameter.Weight, SchedulingLimits.MaxWeight);
    }

    private static void Watch(ulong target)
    {
        long moved = Clock.Now();
        ulong seen = 0;
        ulong said = 0;
        while (Volatile.Read(ref s_totals->Calls) < target && Volatile.Read(ref s_totals->Failed) == 0)
        {
            Sys.SleepUntil(Clock.Now() + (5 * Millisecond));
            EndOverdue(Clock.Now() - MaxWorkerLifetime);
            ulong calls = Volatile.Read(ref s_totals->Calls);
            s_totals->Coverage.Poll(calls);
            moved = calls != seen ? Clock.Now() : moved;
            seen = calls;
            if (calls - said > 250_000)
            {
                LogValue("fuzz: calls so far ", (long)calls);
                said = calls;
            }

            if (Clock.Now() - moved > StuckNs)
            {
                Report.Check(false, "workers get on");
                return;
            }
        }
    }

    // As each slot's thread closes the handle, it may be stale by then.
    private static void EndOverdue(long born)
    {
        for (int i = 0; i < Slots; i++)
        {
            ulong process = Volatile.Read(ref s_slots[i].Process);
            if (process != 0 && (long)Volatile.Read(ref s_slots[i].Since) < born
                && Sys.ProcessExit(process, 0) == Error.None)
            {
                Volatile.Write(ref s_slots[i].Since, (ulong)Clock.Now());
                Interlocked.ExchangeAdd(ref s_totals->Killed, 1);
            }
        }
    }

    private static void EndWorkers()
    {
        for (int i = 0; i < Slots; i++)
        {
            ulong process = Volatile.Read(ref s_slots[i].Process);
            if (process != 0)
            {
                Sys.ProcessExit(process, 0);
            }

            s_slots[i].Thread.Join();
        }
    }

    private static void LogTotals()
    {
        Report.Metric("calls", (long)s_totals->Calls);
        Report.Metric("kernelCalls", (long)Counters.Sum(Counter.SystemCalls));
        Report.Metric("lives", (long)s_totals->Lives);
        Report.Metric("completed", (long)s_totals->Completed);
        Report.Metric("killed", (long)s_totals->Killed);
        Report.Metric("endedOtherwise", (long)s_totals->EndedOtherwise);
        Report.Metric("refused", (long)s_totals->Refused);
        Report.Metric("completeAfterCalls", (long)s_totals->Coverage.CompleteAfter);
        Report.Metric("completeInRingAfterCalls", (long)s_totals->Coverage.CompleteInRingAfter);
        Report.Check(s_totals->Failed == 0, "every call answers as the table says, and tells nothing that is not its caller's");
        Report.Check(s_totals->Completed > 0, "workers come to their end");
        Report.Check(s_totals->EndedOtherwise > 0, "workers end themselves and each other");
    }

    // The thread of a slot: one worker after the other.
    private static ulong RunSlot(ulong argument)
    {
        Slot* slot = (Slot*)argument;
        while (Volatile.Read(ref s_totals->Stop) == 0)
        {
            ulong life = Interlocked.ExchangeAdd(ref s_totals->Lives, 1) + 1;
            SystemResult started = Start(slot, life);
            if (started.Error != Error.None)
            {
                Interlocked.ExchangeAdd(ref s_totals->Refused, 1);
                Sys.SleepUntil(Clock.Now() + Millisecond);
                continue;
            }

            Volatile.Write(ref slot->Since, (ulong)Clock.Now());
            Volatile.Write(ref slot->Process, started.Value);
            SystemResult ended = Sys.ProcessWait(started.Value);
            Volatile.Write(ref slot->Process, 0);
            Sys.CapabilityRevoke(started.Value);
            Sys.CapabilityDelete(started.Value);
            Judge(life, ended.Value);
        }

        return 0;
    }

    private static SystemResult Start(Slot* slot, ulong life)
    {
        ref Random random = ref slot->Random;
        SpawnBuilder spawn = SpawnBuilder.ForRole("fuzz", Worker.Role);
        spawn.AddArgument("life", (long)life);
        spawn.AddArgument("seed", (long)(random.Next() >> 2));
        spawn.AddArgument("calls", (long)CallsPerWorker);

        // No worker may end the machine or speak on the report channel; the log is in a slot where it is seldom hit.
        spawn.AddCapability(BootHandle.Machine, Rights.Read | Rights.Grant, BootHandle.Machine);
        spawn.AddCapability(BootHandle.Report, Rights.All & ~Rights.Write, BootHandle.Report);
        spawn.AddCapability(BootHandle.Log, Rights.All & ~Rights.Write, BootHandle.Log);
        spawn.AddCapability(BootHandle.Log, Rights.Write, Worker.LogSlot);
        s_totals->Coverage.AddCapabilities(ref spawn);
        spawn.AddCapability(s_totals->Endpoint, (Rights)random.Below(16) | Rights.Write, BootHandle.FirstFree);
        spawn.AddCapability(s_totals->Endpoint, (Rights)random.Below(16) | Rights.Read, BootHandle.FirstFree + 1);
        spawn.AddCapability(s_totals->Notification, (Rights)random.Below(16), BootHandle.FirstFree + 2);
        if (random.Below(2) == 0)
        {
            spawn.AddCapability(BootHandle.Spawn, Rights.Same, BootHandle.Spawn);
        }

        if (random.Below(4) == 0)
        {
            spawn.AddCapability(BootHandle.Policy, Rights.Same, BootHandle.Policy);
        }

        ulong neighbour = Volatile.Read(ref s_slots[(slot->Number + 1) % Slots].Process);
        if (neighbour != 0 && random.Below(3) == 0)
        {
            spawn.AddCapability(neighbour, (Rights)random.Below(16), BootHandle.FirstFree + 3);
        }

        return spawn.Start();
    }

    private static void Judge(ulong life, ulong code)
    {
        ulong tag = WorkerExitCode.TagOf(code);
        if (tag == WorkerExitCode.Completed)
        {
            Interlocked.ExchangeAdd(ref s_totals->Completed, 1);
            Interlocked.ExchangeAdd(ref s_totals->Calls, code & 0xFFFF_FFFF);
        }
        else if (tag == WorkerExitCode.Failed)
        {
            Interlocked.ExchangeAdd(ref s_totals->Failed, 1);
            LogValue("fuzz: FAILED in life ", (long)life);
            LogValue("fuzz: call ", (long)(code & 0xFFFF));
            LogValue("fuzz: finding ", (long)(code >> 16 & 0xFFFF));
        }
        else
        {
            Interlocked.ExchangeAdd(ref s_totals->EndedOtherwise, 1);
        }
    }

    internal static void LogValue(string what, long value)
    {
        Text line = default;
        line.Add(what);
        line.Add(value);
        Log.Line(in line);
    }
}
