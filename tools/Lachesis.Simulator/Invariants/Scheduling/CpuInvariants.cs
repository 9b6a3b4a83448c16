using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for one CPU: its current thread, queue, inbox, timer, account.</summary>
internal static unsafe class CpuInvariants
{
    /// <summary>All of it; no CPU is in the kernel.</summary>
    internal static void Check(SimulatedSystem system, uint id)
    {
        Cpu* cpu = system.Cpu(id);
        Require(!RunQueues.IsLocked(cpu) && *(ulong*)&cpu->Timers.Lock == 0, "a lock of a cpu is held");
        CheckOwn(system, cpu);
        CheckPending(system, cpu);
        CheckQueue(system, cpu);
        CheckInbox(system, cpu);
        QueueInvariants.CheckPriority(system, cpu);
        QueueInvariants.CheckParameters(system, cpu);
        if (cpu->Current == null)
        {
            bool published = new CpuMask(system.Kernel->IdleMask).Has(id);
            Require(published || system.HasInterrupt(id), "an idle cpu is neither published nor told of work");
        }
        else
        {
            RecordLocation(system.Walk, cpu->Current, ThreadLocation.Running, id);

            // A thread with a pending stop has a remote stop pending.
            bool allowed = cpu->Current->PendingStop != 0 || new CpuMask(cpu->Current->EffectiveAffinity).Has(id);
            Require(allowed || system.HasInterrupt(id), "a thread runs where it may not, and its cpu is not told");
        }
    }

    /// <summary>What it alone answers for, as it leaves the kernel; others may be in the middle of it.</summary>
    internal static void CheckLeaving(SimulatedSystem system, uint id)
    {
        Cpu* cpu = system.Cpu(id);
        CheckOwn(system, cpu);
        system.Walk.BeginPart();
        if (!RunQueues.IsLocked(cpu))
        {
            CheckQueue(system, cpu);
        }
        else
        {
            system.Lags[id].Forget();
        }

        if (cpu->Current != null)
        {
            RecordLocation(system.Walk, cpu->Current, ThreadLocation.Running, id);
        }
    }

    private static void CheckOwn(SimulatedSystem system, Cpu* cpu)
    {
        Require(cpu->HeldRanks == 0, "a cpu left the kernel with a lock");
        Require(cpu->InInterrupt == 0, "a cpu left the kernel and still counts as in an interrupt");
        Require(
            cpu->NeedResched == 0 || cpu->Current == null || cpu->TimerDeadline <= cpu->AccountedUntil,
            "a cpu went back to its thread, and neither looked whether another one should run nor will at once");
        Require(
            cpu->TimerDeadline.Nanoseconds == system.TimerOf(cpu->Id).Nanoseconds, "TimerSetTo is not what the timer is set to");
        Require(
            ((cpu->WorkPending & (ulong)PendingWork.Teardown) != 0) == HasWork(cpu),
            "WorkPending does not say whether there is work");
        CheckAccount(cpu);
        if (cpu->Current == null)
        {
            CheckIdle(system, cpu);
        }
        else
        {
            CheckRunning(system, cpu);
        }
    }

    private static void CheckPending(SimulatedSystem system, Cpu* cpu)
    {
        bool sent = system.HasInterrupt(cpu->Id);
        Require(cpu->ReschedulePending == 0 || sent, "ReschedulePending speaks of an interrupt that nobody sent");
        Require(
            cpu->ReschedulePending != 0 || !sent || system.RepeatsInterrupts,
            "ReschedulePending does not speak of the interrupt that is on its way");
    }

    private static void CheckQueue(SimulatedSystem system, Cpu* cpu)
    {
        for (Thread* thread = RunQueues.First(cpu); thread != null; thread = RunQueues.Next(cpu, thread))
        {
            RecordLocation(system.Walk, thread, ThreadLocation.Queued, cpu->Id);
        }

        RunQueues.Check(cpu);
        QueueInvariants.Check(cpu);
        system.Lags[cpu->Id].Check(cpu, system.Interleaver == null, system.Picks.IsOneEntry);
    }

    private static void CheckInbox(SimulatedSystem system, Cpu* cpu)
    {
        for (Thread* thread = (Thread*)cpu->Inbox; thread != null; thread = thread->QueueNext)
        {
            RecordLocation(system.Walk, thread, ThreadLocation.Inbox, cpu->Id);
        }

        Require(
            cpu->Inbox == 0 || cpu->NeedsRescheduleIpi == 0 || system.HasInterrupt(cpu->Id),
            "a thread lies in the inbox of a cpu that nobody tells");
    }

    private static void CheckAccount(Cpu* cpu)
    {
        ulong accounted = cpu->Counters[Counter.RuntimeNs] + cpu->Counters[Counter.IdleNs] + cpu->Counters[Counter.KernelNs];
        Require(
            accounted == (ulong)(cpu->AccountedUntil - cpu->AccountedFrom).Nanoseconds,
            "runtimes, idle and kernel time are not the elapsed time");
    }

    private static void CheckIdle(SimulatedSystem system, Cpu* cpu)
    {
        Require(cpu->LoadedProcess == null && system.Users.LoadedOn(cpu->Id) == 0, "an idle cpu keeps an address space loaded");
        Require(RunQueues.CountOf(cpu) == 0, "a cpu idles with threads in its own queue");
        Require(cpu->NeedsRescheduleIpi == 1, "an idle cpu does not ask for interrupts");
    }

    private static void CheckRunning(SimulatedSystem system, Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        Require(!new CpuMask(system.Kernel->IdleMask).Has(cpu->Id), "a busy cpu is published as idle");
        Require(cpu->LoadedProcess == thread->Process, "a thread runs in another process's address space");
        Require(system.Users.LoadedOn(cpu->Id) == thread->Process->PageTableRoot, "another address space is loaded than the cpu thinks");
        Require(thread->LastCpu == cpu->Id, "a running thread does not know where it runs");
        bool slices = cpu->NeedsRescheduleIpi == 0 || RunQueues.CountOf(cpu) != 0;
        Require(!slices || cpu->TimerDeadline <= thread->SliceEnd, "no timer will end the slice though others wait");
        Require(!HasWork(cpu) || cpu->TimerDeadline < Instant.Never, "no timer will carry on with the teardown");
    }

    private static bool HasWork(Cpu* cpu) =>
        cpu->TeardownProcesses != null || cpu->JoinersToWake != null || cpu->ObjectsToDestroy != null || cpu->EndingSessions != null;
}
