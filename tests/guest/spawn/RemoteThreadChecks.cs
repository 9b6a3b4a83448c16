using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Threads of another process, by capability: configured before they start, handled when they fault, and dead with
/// their process.</summary>
internal static unsafe class RemoteThreadChecks
{
    private const ulong Number = 0x4A;
    private const ulong Badge = 0xFA;
    private const ulong InvalidOpcode = 6;

    // What the manifest says for the first process; of the trial and of all others it is their parent's.
    private const byte Inherited = 25;


    internal static void Run()
    {
        PoolLevels before = PoolLevels.Read();
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.SleepForEver);
        ulong process = spawn.Start().Value;
        CheckAffinity(process);
        CheckBegin(process);
        CheckPriorities(process);
        CheckFaults(process);
        CheckEnd(process);
        Report.Check(before.WaitUntilRestored(), "threads that were made for another process leave nothing behind");
        CheckMask(spawn);
    }

    private static void CheckAffinity(ulong process)
    {
        bool right = true;
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            ulong thread = RemoteThreads.Add(process, &RemoteThreads.ExitWithCpu, cpu + 1).Value;
            right &= Sys.ThreadSetAffinity(thread, 1ul << (int)cpu) == Error.None && Sys.ThreadStart(thread) == Error.None;
            right &= Finish(thread) == (((cpu + 1ul) << 8) | cpu);
        }

        Report.Check(right, "a thread that is made for another process begins where its maker says, with what it is told");
    }

    // The CPUs are those of its process, not of its maker.
    private static void CheckMask(SpawnBuilder spawn)
    {
        if (Program.Cpus == 1)
        {
            return;
        }

        spawn.CpuMask = 2;
        ulong process = spawn.Start().Value;
        ulong thread = RemoteThreads.Add(process, &RemoteThreads.ExitWithCpu, Number).Value;
        bool right = Sys.ThreadSetAffinity(thread, 1) == Error.BadArgument && Sys.ThreadSetAffinity(thread, 3) == Error.None;
        right &= Sys.ThreadStart(thread) == Error.None && Finish(thread) == (Number << 8 | 1);
        right &= Sys.ProcessExit(process, Number) == Error.None && SpawnBuilder.WaitAndClose(process).Value == Number;
        Report.Check(right, "and never outside of the CPUs that its process is allowed");
    }

    // Not started, or suspended: however long that lasts, it does not run.
    private static void CheckBegin(ulong process)
    {
        ulong thread = RemoteThreads.Add(process, &RemoteThreads.ExitWithCpu, Number).Value;
        ulong other = RemoteThreads.Add(process, &RemoteThreads.ExitWithCpu, 0).Value;
        bool still = Sys.ThreadSetAffinity(thread, 1) == Error.None && Sys.ThreadSuspend(thread) == Error.None;
        Sys.SleepUntil(Clock.Now() + 500_000);
        still &= Switches(thread) == 0 && Sys.ThreadStart(thread) == Error.None && Sys.ThreadStart(thread) == Error.BadState;

        // Another one that runs there afterwards would have come behind it.
        Sys.ThreadSetAffinity(other, 1);
        Sys.ThreadStart(other);
        Finish(other);
        still &= Switches(thread) == 0 && Sys.ThreadRuntime(thread).Value == 0;
        Report.Check(still, "a thread that is suspended before it is started does not run when it is");
        bool goes = Sys.ThreadResume(thread) == Error.None && Finish(thread) == Number << 8;
        Report.Check(goes, "but when it is resumed");
        ulong never = RemoteThreads.Add(process, &RemoteThreads.ExitWithCpu, 0).Value;
        bool killed = Sys.ThreadKill(never, Number) == Error.None && Sys.ThreadStart(never) == Error.BadState;
        Report.Check(killed && Finish(never) == Number, "one that is killed before it is started never does");
    }

    // A round in which the host stopped for longer than a quantum, so that somebody's turn ended in the middle, says nothing.
    private static void CheckPriorities(ulong process)
    {
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        Set(BootHandle.MainThread, SchedulingParameter.Priority, SchedulingLimits.MaxPriority);
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.Priority);
        bool right = false;
        bool preempted = true;
        for (ulong round = 0; !right && preempted; round++)
        {
            right = RunByPriority(process, round, out preempted);
        }

        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.Fair);
        Set(BootHandle.MainThread, SchedulingParameter.Priority, Inherited);
        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
        Report.Check(
            right, "threads begin by the priorities that they were given before, or have from their process, equals in the order of their start");
    }

    // All of them start while this thread, more important than any, has the CPU. Their quanta are as long as can be.
    private static bool RunByPriority(ulong process, ulong round, out bool preempted)
    {
        const int count = 6;
        byte* priorities = stackalloc byte[] { 10, 30, 20, 30, Inherited, 40 };
        byte* places = stackalloc byte[] { 5, 1, 4, 2, 3, 0 };
        ulong* threads = stackalloc ulong[count];
        bool right = true;
        for (int i = 0; i < count; i++)
        {
            threads[i] = RemoteThreads.Add(process, &RemoteThreads.TakeTicket, 0).Value;
            Sys.ThreadSetAffinity(threads[i], 1);
            right &= (priorities[i] == Inherited || Set(threads[i], SchedulingParameter.Priority, priorities[i]))
                && Set(threads[i], SchedulingParameter.QuantumNs, SchedulingLimits.MaxQuantumNs);
        }

        for (int i = 0; i < count; i++)
        {
            Sys.ThreadStart(threads[i]);
        }

        preempted = false;
        for (int i = 0; i < count; i++)
        {
            Sys.ThreadJoin(threads[i]);
            preempted |= Ledgers.OfThread(threads[i], out LedgerReading reading) != Error.None || reading.Sum.Preemptions != 0;
            right &= Finish(threads[i]) == (round * count) + places[i];
        }

        return right;
    }

    private static bool Set(ulong thread, SchedulingParameter parameter, ulong value) =>
        Sys.ThreadSetScheduling(BootHandle.Policy, thread, parameter, value) == Error.None;

    // The handler is the maker's, which the process cannot name.
    private static void CheckFaults(ulong process)
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        ulong badged = Sys.CapabilityMint(endpoint, Rights.Write, Badge).Value;
        ulong reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        Report.Check(
            Faults(process, endpoint, badged, reply, FaultReplyAction.ResumeAt) == Number,
            "a maker that handles a thread's faults lets it go on");
        Report.Check(
            Faults(process, endpoint, badged, reply, FaultReplyAction.End) == FaultExitCode.For((uint)InvalidOpcode),
            "or ends it, and with it nothing else of its process");
        Sys.CapabilityDelete(reply);
        Sys.CapabilityDelete(badged);
        Sys.CapabilityDelete(endpoint);
    }

    // What such a thread ends with; 0: its fault was not what it should have been.
    private static ulong Faults(ulong process, ulong endpoint, ulong badged, ulong reply, FaultReplyAction answer)
    {
        ulong thread = RemoteThreads.Add(process, &RemoteThreads.Fault, Number).Value;
        bool right = IpcCalls.SetFaultHandler(thread, badged) == Error.None && Sys.ThreadStart(thread) == Error.None;
        Message message = default;
        right &= IpcCalls.Receive(endpoint, reply, &message) == Error.None && message.Tag == FaultMessage.Tag
            && message.Badge == Badge && message.Word0 == InvalidOpcode;
        ulong next = message.Word1 + FaultMessage.UndefinedInstructionBytes;
        message = Message.Of((ulong)answer, next);
        right &= IpcCalls.Reply(reply, &message) == Error.None;
        ulong code = Finish(thread);
        return right ? code : 0;
    }

    private static void CheckEnd(ulong process)
    {
        ulong* threads = stackalloc ulong[3];
        for (int i = 0; i < 3; i++)
        {
            threads[i] = RemoteThreads.Add(process, &RemoteThreads.Sleep, 0).Value;
        }

        // Asleep, suspended, and not started.
        Sys.ThreadStart(threads[0]);
        Sys.ThreadStart(threads[1]);
        Sys.ThreadSuspend(threads[1]);
        bool right = Sys.ProcessExit(process, Number) == Error.None && Sys.ProcessWait(process).Value == Number;
        for (int i = 0; i < 3; i++)
        {
            right &= Sys.ThreadStart(threads[i]) == Error.BadState && Sys.ThreadSuspend(threads[i]) == Error.BadState
                && Sys.ThreadResume(threads[i]) == Error.BadState && Sys.ThreadKill(threads[i], 1) == Error.BadState;
            right &= Finish(threads[i]) == Number && Sys.ThreadJoin(threads[i]).Error == Error.StaleHandle;
        }

        Report.Check(right, "with its process every thread ends, and nothing can be done to it any more");
        right = RemoteThreads.Add(process, &RemoteThreads.Sleep, 0).Error == Error.BadState && Sys.CapabilityDelete(process) == Error.None
            && RemoteThreads.Add(process, &RemoteThreads.Sleep, 0).Error == Error.StaleHandle;
        Report.Check(right, "and no other can be made for it");
    }

    private static ulong Switches(ulong thread) =>
        Ledgers.OfThread(thread, out LedgerReading reading) == Error.None ? reading.Sum.Switches : ulong.MaxValue;

    private static ulong Finish(ulong thread)
    {
        ulong code = Sys.ThreadJoin(thread).Value;
        Sys.CapabilityDelete(thread);
        return code;
    }
}
