using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Processes;

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
    public static Duration Interval => new(100_000);

    /// <summary>This CPU will take the process apart.</summary>
    public static void Adopt(Cpu* cpu, Process* process)
    {
        process->TeardownNext = cpu->Teardown;
        cpu->Teardown = process;
        NoteWork(cpu);
    }

    /// <summary>This CPU will tell the many joiners of an ended thread, whose life's reference it keeps until then.</summary>
    public static void Adopt(Cpu* cpu, Thread* thread)
    {
        thread->SiblingNext = cpu->Farewells;
        cpu->Farewells = thread;
        NoteWork(cpu);
    }

    /// <summary>This CPU will tell the many waiters of a destroyed endpoint or notification.</summary>
    public static void Adopt(Cpu* cpu, MeetingPoint* point)
    {
        point->NextDying = cpu->DyingPoints;
        cpu->DyingPoints = point;
        NoteWork(cpu);
    }

    /// <summary>This CPU will end the session, or tell the many who wait for that; it keeps one reference meanwhile.</summary>
    public static void Adopt(Cpu* cpu, Session* session)
    {
        // As long as it is not done with, the machine does not end for want of processes.
        TMachine.FetchAdd(&cpu->Kernel->LiveProcesses, 1);
        session->NextEnding = cpu->EndingSessions;
        cpu->EndingSessions = session;
        NoteWork(cpu);
    }

    /// <summary>One step of the work that waits, if any does. Called with no lock held and the CPU's current thread set
    /// aside or kept.</summary>
    public static void Step(Cpu* cpu)
    {
        if (cpu->Farewells != null)
        {
            TellJoiners(cpu);
        }
        else if (cpu->DyingPoints != null)
        {
            DestroyPoint(cpu);
        }
        else if (cpu->EndingSessions != null)
        {
            EndSession(cpu);
        }
        else if (cpu->Teardown != null)
        {
            TakeApart(cpu, cpu->Teardown);
        }
    }

    private static void NoteWork(Cpu* cpu)
    {
        bool none = cpu->Teardown == null && cpu->Farewells == null && cpu->DyingPoints == null
            && cpu->EndingSessions == null;
        cpu->WorkPending = none
            ? cpu->WorkPending & ~(ulong)PendingWork.Teardown
            : cpu->WorkPending | (ulong)PendingWork.Teardown;
        Attention<TMachine>.ArmTimer(cpu);
    }

    private static void TellJoiners(Cpu* cpu)
    {
        Thread* thread = cpu->Farewells;
        if (Waits<TMachine>.FinishSome(cpu, &thread->Joiners, thread->ExitCode))
        {
            cpu->Farewells = thread->SiblingNext;
            NoteWork(cpu);
            References<TMachine>.Drop(cpu, ObjectKind.Thread, thread->Header.Reference);
        }
    }

    // Before the processes that it ends are taken apart, so that whoever ends its own session still has the capability from
    // which others are deleted.
    private static void EndSession(Cpu* cpu)
    {
        Session* session = cpu->EndingSessions;
        if (Sessions<TMachine>.Step(cpu, session))
        {
            cpu->EndingSessions = session->NextEnding;
            NoteWork(cpu);
            Sessions<TMachine>.Finish(cpu, session);
        }
    }

    // Not the first of the list for long: those that follow are told too, even if a waiter of this one is slow to leave.
    private static void DestroyPoint(Cpu* cpu)
    {
        MeetingPoint* point = cpu->DyingPoints;
        cpu->DyingPoints = point->NextDying;
        if (!Ipc<TMachine>.TryDestroy(cpu, point))
        {
            Adopt(cpu, point);
        }

        NoteWork(cpu);
    }

    private static void TakeApart(Cpu* cpu, Process* process)
    {
        switch (process->Phase)
        {
            case ProcessPhase.EndingThreads:
                EndThreads(cpu, process);
                break;
            case ProcessPhase.ClosingHandles:
                CloseHandles(cpu, process);
                break;
            case ProcessPhase.Unloading:
                if (TMachine.Load(&process->LoadedOn) == 0)
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
                if (TMachine.FreeAddressSpaceStep(cpu->Kernel, cpu, process->Root, ref process->TeardownCursor, StepBudget))
                {
                    EndLife(cpu, process);
                }

                break;
            case ProcessPhase.Dead:
                TellWaiters(cpu, process);
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
            bool owned = thread != null && TryTake(cpu, thread);
            if (thread != null && !owned)
            {
                MoveToEnd(process, thread);
            }

            process->Lock.Release<TMachine>(cpu, LockRank.Process);
            if (thread == null)
            {
                process->Phase = ProcessPhase.ClosingHandles;
                process->TeardownCursor = 0;
                return;
            }

            if (owned)
            {
                ThreadLifecycle<TMachine>.End(cpu, thread, process->ExitCode);
            }
        }
    }

    private static bool TryTake(Cpu* cpu, Thread* thread)
    {
        ThreadState seen = new(TMachine.Load(&thread->StateWord));
        if (Ownership<TMachine>.TryClaim(cpu, thread, seen))
        {
            return true;
        }

        if (seen.Place == Place.Queued)
        {
            return Queues<TMachine>.TryRemove(cpu, thread, seen.Cpu);
        }

        if (seen.Place is Place.Running or Place.Inbox && seen.Cpu != cpu->Id)
        {
            Wakes<TMachine>.Interrupt(cpu, cpu->Kernel->CpuAt(seen.Cpu));
        }

        return false;
    }

    private static void MoveToEnd(Process* process, Thread* thread)
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
    private static void CloseHandles(Cpu* cpu, Process* process)
    {
        for (int i = 0; i < StepBudget && process->TeardownCursor < process->Handles.Used; i++)
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

        if (process->TeardownCursor == process->Handles.Used)
        {
            ProcessLifecycle<TMachine>.FreeHandles(cpu, process);
            process->Phase = ProcessPhase.Unloading;
        }
    }

    // Waiters look at the phase under the queue's lock before they wait, so none is added after this.
    private static void EndLife(Cpu* cpu, Process* process)
    {
        process->Waiters.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        process->Phase = ProcessPhase.Dead;
        process->Waiters.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        cpu->Kernel->Groups.Add<TMachine>(cpu, process->Service, process->Session, in process->Ended);
        TMachine.FetchAdd(&cpu->Kernel->ThreadsEnded, 1);
        Sessions<TMachine>.Leave(cpu, process);
        TellWaiters(cpu, process);
    }

    private static void TellWaiters(Cpu* cpu, Process* process)
    {
        if (!Waits<TMachine>.FinishSome(cpu, &process->Waiters, process->ExitCode))
        {
            return;
        }

        cpu->Teardown = process->TeardownNext;
        NoteWork(cpu);
        References<TMachine>.Drop(cpu, ObjectKind.Process, process->Header.Reference);

        CountOut(cpu);
    }

    /// <summary>A process, or the end of a session, is done with: whoever counts the last one out ends the machine, and nothing
    /// is left then.</summary>
    public static void CountOut(Cpu* cpu)
    {
        if (TMachine.FetchAdd(&cpu->Kernel->LiveProcesses, ulong.MaxValue) == 1)
        {
            Output<TMachine>.EndWithoutVerdict(cpu);
        }
    }
}
