using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Objects;
using Lachesis.Core.Output;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Lifecycle;

/// <summary>
/// Takes ended processes apart, a bounded step at a time, on the CPU that adopted them: between steps that CPU takes
/// interrupts and runs threads. Each step leaves the system consistent.
/// </summary>
public static unsafe class Teardown<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Threads, capabilities or pages that one step deals with at most.</summary>
    public const int StepBudget = 32;

    /// <summary>How often a CPU that runs a thread stops it for a step.</summary>
    public static Duration StepInterval => new(100_000);

    /// <summary>This CPU will take the process apart.</summary>
    public static void Enqueue(Cpu* cpu, Process* process)
    {
        process->TeardownNext = cpu->TeardownProcesses;
        cpu->TeardownProcesses = process;
        UpdatePendingWork(cpu);
    }

    /// <summary>This CPU will tell the many joiners of an ended thread, whose life's reference it keeps until then.</summary>
    public static void Enqueue(Cpu* cpu, Thread* thread)
    {
        thread->SiblingNext = cpu->JoinersToWake;
        cpu->JoinersToWake = thread;
        UpdatePendingWork(cpu);
    }

    /// <summary>This CPU will tell the many waiters of a destroyed endpoint or notification.</summary>
    public static void Enqueue(Cpu* cpu, WaitableObject* waitable)
    {
        waitable->NextToDestroy = cpu->ObjectsToDestroy;
        cpu->ObjectsToDestroy = waitable;
        UpdatePendingWork(cpu);
    }

    /// <summary>This CPU will end the session, or tell the many who wait for that; it keeps one reference meanwhile.</summary>
    public static void Enqueue(Cpu* cpu, Session* session)
    {
        // As long as it is not done with, the machine does not end for want of processes.
        TMachine.FetchAdd(&cpu->Kernel->LiveProcesses, 1);
        session->NextToEnd = cpu->EndingSessions;
        cpu->EndingSessions = session;
        UpdatePendingWork(cpu);
    }

    /// <summary>One step of the work that waits, if any does. Called with no lock held and the CPU's current thread set
    /// aside or kept.</summary>
    public static void Step(Cpu* cpu)
    {
        if (cpu->JoinersToWake != null)
        {
            WakeJoiners(cpu);
        }
        else if (cpu->ObjectsToDestroy != null)
        {
            DestroyWaitable(cpu);
        }
        else if (cpu->EndingSessions != null)
        {
            StepSessionEnd(cpu);
        }
        else if (cpu->TeardownProcesses != null)
        {
            StepProcess(cpu, cpu->TeardownProcesses);
        }
    }

    private static void UpdatePendingWork(Cpu* cpu)
    {
        bool none = cpu->TeardownProcesses == null && cpu->JoinersToWake == null && cpu->ObjectsToDestroy == null
            && cpu->EndingSessions == null;
        cpu->WorkPending = none
            ? cpu->WorkPending & ~(ulong)PendingWork.Teardown
            : cpu->WorkPending | (ulong)PendingWork.Teardown;
        PreemptionTimer<TMachine>.Arm(cpu);
    }

    private static void WakeJoiners(Cpu* cpu)
    {
        Thread* thread = cpu->JoinersToWake;
        if (Waits<TMachine>.CompleteSomeWaits(cpu, &thread->Joiners, thread->ExitCode))
        {
            cpu->JoinersToWake = thread->SiblingNext;
            UpdatePendingWork(cpu);
            References<TMachine>.Drop(cpu, ObjectKind.Thread, thread->Header.Reference);
        }
    }

    // Before the processes that it ends are taken apart, so that whoever ends its own session still has the capability from
    // which others are deleted.
    private static void StepSessionEnd(Cpu* cpu)
    {
        Session* session = cpu->EndingSessions;
        if (Sessions<TMachine>.Step(cpu, session))
        {
            cpu->EndingSessions = session->NextToEnd;
            UpdatePendingWork(cpu);
            Sessions<TMachine>.FinishEnd(cpu, session);
        }
    }

    // Not the first of the list for long: those that follow are told too, even if a waiter of this one is slow to leave.
    private static void DestroyWaitable(Cpu* cpu)
    {
        WaitableObject* point = cpu->ObjectsToDestroy;
        cpu->ObjectsToDestroy = point->NextToDestroy;
        if (!Ipc<TMachine>.TryDestroyWaitable(cpu, point))
        {
            Enqueue(cpu, point);
        }

        UpdatePendingWork(cpu);
    }

    private static void StepProcess(Cpu* cpu, Process* process)
    {
        switch (process->Phase)
        {
            case ProcessPhase.EndingThreads:
                EndThreads(cpu, process);
                break;
            case ProcessPhase.DeletingCapabilities:
                DeleteCapabilities(cpu, process);
                break;
            case ProcessPhase.Unloading:
                if (TMachine.Load(&process->LoadedCpus) == 0)
                {
                    process->Phase = ProcessPhase.FreeingMemory;
                    process->TeardownCursor = 0;
                }
                else if (cpu->LoadedProcess == process && (cpu->Current == null || cpu->Current->Process != process))
                {
                    AddressSpaces<TMachine>.Unload(cpu);
                }

                break;
            case ProcessPhase.FreeingMemory:
                if (TMachine.FreeAddressSpaceStep(cpu->Kernel, cpu, process->PageTableRoot, ref process->TeardownCursor, StepBudget))
                {
                    MarkDead(cpu, process);
                }

                break;
            case ProcessPhase.Dead:
                WakeWaiters(cpu, process);
                break;
        }
    }

    // Takes one thread after the other from the front of the list: blocked and queued ones end here; one that runs on
    // another CPU is interrupted and ends there, so the step stops and comes back for the rest.
    private static void EndThreads(Cpu* cpu, Process* process)
    {
        for (int i = 0; i < StepBudget; i++)
        {
            process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
            Thread* thread = process->FirstThread;
            bool owned = thread != null && TryClaimThread(cpu, thread);
            if (thread != null && !owned)
            {
                MoveBehindBatch(process, thread);
            }

            process->Lock.Release<TMachine>(cpu, LockRank.Process);
            if (thread == null)
            {
                process->Phase = ProcessPhase.DeletingCapabilities;
                process->TeardownCursor = 0;
                return;
            }

            if (owned)
            {
                ThreadLifecycle<TMachine>.End(cpu, thread, process->ExitCode);
            }
        }
    }

    private static bool TryClaimThread(Cpu* cpu, Thread* thread)
    {
        ThreadState seen = new(TMachine.Load(&thread->StateWord));
        if (Ownership<TMachine>.TryClaim(cpu, thread, seen))
        {
            return true;
        }

        if (seen.Location == ThreadLocation.Queued)
        {
            return QueuedThreads<TMachine>.TryDequeue(cpu, thread, seen.Cpu);
        }

        if (seen.Location is ThreadLocation.Running or ThreadLocation.Inbox && seen.Cpu != cpu->Id)
        {
            Wakeups<TMachine>.SendRescheduleIpi(cpu, cpu->Kernel->CpuAt(seen.Cpu));
        }

        return false;
    }

    private static void MoveBehindBatch(Process* process, Thread* thread)
    {
        Thread* last = thread;
        for (int i = 0; i < StepBudget && last->SiblingNext != null; i++)
        {
            last = last->SiblingNext;
        }

        if (last == thread)
        {
            return;
        }

        process->FirstThread = thread->SiblingNext;
        process->FirstThread->SiblingPrevious = null;
        thread->SiblingNext = last->SiblingNext;
        if (last->SiblingNext != null)
        {
            last->SiblingNext->SiblingPrevious = thread;
        }

        thread->SiblingPrevious = last;
        last->SiblingNext = thread;
    }

    // A step deletes as many as the others, and looks at no more slots than a page has. Its last thread has ended, and nobody
    // gives it any more.
    private static void DeleteCapabilities(Cpu* cpu, Process* process)
    {
        for (int i = 0; i < StepBudget && process->TeardownCursor < process->Handles.HighWaterMark; i++)
        {
            CapabilitySlot* slot = process->Handles.FirstInUse((uint)process->TeardownCursor, out uint next);
            process->TeardownCursor = next;
            if (slot == null)
            {
                break;
            }

            // Somebody else may revoke it before this does: then its handle is stale.
            Capabilities<TMachine>.Delete(cpu, process, slot->Handle);
        }

        if (process->TeardownCursor == process->Handles.HighWaterMark)
        {
            ProcessLifecycle<TMachine>.FreeCapabilitySpace(cpu, process);
            process->Phase = ProcessPhase.Unloading;
        }
    }

    // Waiters look at the phase under the queue's lock before they wait, so none is added after this.
    private static void MarkDead(Cpu* cpu, Process* process)
    {
        process->Waiters.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        process->Phase = ProcessPhase.Dead;
        process->Waiters.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        cpu->Kernel->GroupLedgers.Add<TMachine>(cpu, process->Service, process->Session, in process->EndedThreadsLedger);
        TMachine.FetchAdd(&cpu->Kernel->ThreadsEnded, 1);
        Sessions<TMachine>.RemoveMember(cpu, process);
        WakeWaiters(cpu, process);
    }

    private static void WakeWaiters(Cpu* cpu, Process* process)
    {
        if (!Waits<TMachine>.CompleteSomeWaits(cpu, &process->Waiters, process->ExitCode))
        {
            return;
        }

        cpu->TeardownProcesses = process->TeardownNext;
        UpdatePendingWork(cpu);
        References<TMachine>.Drop(cpu, ObjectKind.Process, process->Header.Reference);

        DropLiveCount(cpu);
    }

    /// <summary>A process, or the end of a session, is done with: whoever counts the last one out ends the machine, and nothing
    /// is left then.</summary>
    public static void DropLiveCount(Cpu* cpu)
    {
        if (TMachine.FetchAdd(&cpu->Kernel->LiveProcesses, ulong.MaxValue) == 1)
        {
            Output<TMachine>.EndWithoutVerdict(cpu);
        }
    }
}
