using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Lifecycle;

/// <summary>Making sessions, entering and leaving them, and ending them, a bounded step at a time.</summary>
/// <remarks>
/// A process enters before any of it is made and is listed once it is whole. So who ends the session finds it in the list, or
/// it finds, when it is to be listed, that the session ends; and the session is not empty before either has happened.
/// </remarks>
public static unsafe class Sessions<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>A new session with one reference, the caller's; its accounts are empty. Null if the pool is.</summary>
    public static Session* Create(Cpu* cpu)
    {
        Kernel* kernel = cpu->Kernel;
        Session* session = (Session*)kernel->Sessions.Allocate<TMachine>(cpu);
        if (session == null)
        {
            return null;
        }

        kernel->GroupLedgers.ResetSession<TMachine>(cpu, session->Header.Index);

        // Whoever is in the middle of adding up that number begins anew.
        TMachine.FetchAdd(&kernel->ThreadsEnded, 1);
        return session;
    }

    /// <summary>A process that is to be made counts from here on; false if its session, which the caller keeps alive,
    /// ends.</summary>
    public static bool TryAddMember(Cpu* cpu, Session* session)
    {
        Lock(cpu, session);
        bool open = session->Phase == SessionPhase.Open;
        session->MemberCount += open ? 1u : 0;
        Unlock(cpu, session);
        if (open)
        {
            References<TMachine>.Take(&session->Header);
        }

        return open;
    }

    /// <summary>A process that has entered, and to which the caller holds a reference, is whole: the end of the session ends it
    /// from here on, at once if that has begun.</summary>
    public static void ListProcess(Cpu* cpu, Process* process)
    {
        Session* session = SessionOf(cpu, process);
        Lock(cpu, session);
        if (process->SessionMembership == SessionMembership.Counted)
        {
            process->SessionMembership = SessionMembership.Listed;
            process->SessionPrevious = null;
            process->SessionNext = session->FirstProcess;
            if (session->FirstProcess != null)
            {
                session->FirstProcess->SessionPrevious = process;
            }

            session->FirstProcess = process;
        }

        bool ends = session->Phase != SessionPhase.Open;
        ulong code = session->ExitCode;
        Unlock(cpu, session);
        if (ends)
        {
            ProcessLifecycle<TMachine>.BeginExit(cpu, process, code);
        }
    }

    /// <summary>A process is dead, or was never made.</summary>
    public static void RemoveMember(Cpu* cpu, Process* process)
    {
        Session* session = SessionOf(cpu, process);
        Lock(cpu, session);
        UnlistProcess(cpu, session, process);
        Unlock(cpu, session);
        RemoveMember(cpu, session);
    }

    /// <summary>The same of one that has entered and nothing else.</summary>
    public static void RemoveMember(Cpu* cpu, Session* session)
    {
        Lock(cpu, session);
        session->MemberCount--;
        bool last = session->MemberCount == 0 && session->Phase == SessionPhase.DrainingProcesses;
        session->Phase = last ? SessionPhase.Ended : session->Phase;
        Unlock(cpu, session);

        // Waiters look at the phase under the lock before they wait, so none is added after this.
        if (last && !Waits<TMachine>.CompleteSomeWaits(cpu, &session->Waiters, session->ExitCode))
        {
            Teardown<TMachine>.Enqueue(cpu, session);
            return;
        }

        DropReference(cpu, session);
    }

    /// <summary>
    /// Begins to end a session: no process enters it any more, and this CPU ends those that are in it, a step at a time. Only
    /// the first call counts. What was derived from <paramref name="handle"/>, the current thread's capability to it, is
    /// deleted after that.
    /// </summary>
    public static void BeginEnd(Cpu* cpu, Session* session, ulong handle, ulong code)
    {
        Lock(cpu, session);
        bool first = session->Phase == SessionPhase.Open;
        if (first)
        {
            session->Phase = SessionPhase.EndingProcesses;
            session->ExitCode = code;
            session->MemberCount++;
            session->EndingProcess = cpu->Current->Process;
            session->EndingHandle = handle;
        }

        Unlock(cpu, session);
        if (first)
        {
            References<TMachine>.Take(&session->Header);
            References<TMachine>.Take(&session->EndingProcess->Header);
            Teardown<TMachine>.Enqueue(cpu, session);
        }
    }

    /// <summary>One step of the end of a session that this CPU has adopted: at most <see cref="Teardown{TMachine}.StepBudget"/>
    /// processes, capabilities or waiters. Whether this CPU is done with it.</summary>
    public static bool Step(Cpu* cpu, Session* session) => session->Phase switch
    {
        SessionPhase.EndingProcesses => EndProcesses(cpu, session),
        SessionPhase.Revoking => Revoke(cpu, session),
        _ => Waits<TMachine>.CompleteSomeWaits(cpu, &session->Waiters, session->ExitCode),
    };

    /// <summary>This CPU, done with the steps and no longer holding the session in its list, lets go of it.</summary>
    public static void FinishEnd(Cpu* cpu, Session* session)
    {
        if (session->Phase == SessionPhase.Ended)
        {
            DropReference(cpu, session);
        }
        else
        {
            References<TMachine>.Drop(cpu, ObjectKind.Process, session->EndingProcess->Header.Reference);
            SetPhase(cpu, session, SessionPhase.DrainingProcesses);
            RemoveMember(cpu, session);
        }

        Teardown<TMachine>.DropLiveCount(cpu);
    }

    private static bool EndProcesses(Cpu* cpu, Session* session)
    {
        for (int i = 0; i < Teardown<TMachine>.StepBudget; i++)
        {
            Process* process = TakeFirstListed(cpu, session);
            if (process == null)
            {
                SetPhase(cpu, session, SessionPhase.Revoking);
                break;
            }

            ProcessLifecycle<TMachine>.BeginExit(cpu, process, session->ExitCode);
            References<TMachine>.Drop(cpu, ObjectKind.Process, process->Header.Reference);
        }

        return false;
    }

    // The process that ended it may be ending itself: then its capability is stale sooner or later, and what was derived from
    // it has become the next one's above.
    private static bool Revoke(Cpu* cpu, Session* session)
    {
        Error error = Capabilities<TMachine>.Revoke(
            cpu, session->EndingProcess, session->EndingHandle, CallLimits.MaxRevoke, out bool more);
        return error != Error.None || !more;
    }

    // With a reference: while it is listed, its life still has one.
    private static Process* TakeFirstListed(Cpu* cpu, Session* session)
    {
        Lock(cpu, session);
        Process* process = session->FirstProcess;
        if (process != null)
        {
            References<TMachine>.Take(&process->Header);
            UnlistProcess(cpu, session, process);
        }

        Unlock(cpu, session);
        return process;
    }

    private static void UnlistProcess(Cpu* cpu, Session* session, Process* process)
    {
        SpinLock.CheckHeld<TMachine>(&session->Waiters.Lock, cpu);
        if (process->SessionMembership == SessionMembership.Listed)
        {
            if (process->SessionPrevious == null)
            {
                session->FirstProcess = process->SessionNext;
            }
            else
            {
                process->SessionPrevious->SessionNext = process->SessionNext;
            }

            if (process->SessionNext != null)
            {
                process->SessionNext->SessionPrevious = process->SessionPrevious;
            }
        }

        process->SessionMembership = SessionMembership.Unlisted;
    }

    private static void SetPhase(Cpu* cpu, Session* session, SessionPhase phase)
    {
        Lock(cpu, session);
        session->Phase = phase;
        Unlock(cpu, session);
    }

    private static Session* SessionOf(Cpu* cpu, Process* process) => (Session*)cpu->Kernel->Sessions.At(process->Session);

    private static void Lock(Cpu* cpu, Session* session) =>
        session->Waiters.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);

    private static void Unlock(Cpu* cpu, Session* session) =>
        session->Waiters.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);

    private static void DropReference(Cpu* cpu, Session* session) =>
        References<TMachine>.Drop(cpu, ObjectKind.Session, session->Header.Reference);
}
