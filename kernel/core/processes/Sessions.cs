using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Processes;

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
        Session* session = (Session*)kernel->Sessions.Take<TMachine>(cpu);
        if (session == null)
        {
            return null;
        }

        kernel->Groups.ForgetSession<TMachine>(cpu, session->Header.Index);

        // Whoever is in the middle of adding up that number begins anew.
        TMachine.FetchAdd(&kernel->ThreadsEnded, 1);
        return session;
    }

    /// <summary>A process that is to be made counts from here on; false if its session, which the caller keeps alive,
    /// ends.</summary>
    public static bool TryEnter(Cpu* cpu, Session* session)
    {
        Lock(cpu, session);
        bool open = session->Phase == SessionPhase.Open;
        session->Members += open ? 1u : 0;
        Unlock(cpu, session);
        if (open)
        {
            References<TMachine>.Take(&session->Header);
        }

        return open;
    }

    /// <summary>A process that has entered, and to which the caller holds a reference, is whole: the end of the session ends it
    /// from here on, at once if that has begun.</summary>
    public static void List(Cpu* cpu, Process* process)
    {
        Session* session = Of(cpu, process);
        Lock(cpu, session);
        if (process->Membership == Membership.Entered)
        {
            process->Membership = Membership.Listed;
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
    public static void Leave(Cpu* cpu, Process* process)
    {
        Session* session = Of(cpu, process);
        Lock(cpu, session);
        Unlist(session, process);
        Unlock(cpu, session);
        Leave(cpu, session);
    }

    /// <summary>The same of one that has entered and nothing else.</summary>
    public static void Leave(Cpu* cpu, Session* session)
    {
        Lock(cpu, session);
        session->Members--;
        bool last = session->Members == 0 && session->Phase == SessionPhase.Emptying;
        session->Phase = last ? SessionPhase.Ended : session->Phase;
        Unlock(cpu, session);

        // Waiters look at the phase under the lock before they wait, so none is added after this.
        if (last && !Waits<TMachine>.FinishSome(cpu, &session->Waiters, session->ExitCode))
        {
            Teardown<TMachine>.Adopt(cpu, session);
            return;
        }

        Drop(cpu, session);
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
            session->Members++;
            session->Ender = cpu->Current->Process;
            session->EnderHandle = handle;
        }

        Unlock(cpu, session);
        if (first)
        {
            References<TMachine>.Take(&session->Header);
            References<TMachine>.Take(&session->Ender->Header);
            Teardown<TMachine>.Adopt(cpu, session);
        }
    }

    /// <summary>One step of the end of a session that this CPU has adopted: at most <see cref="Teardown{TMachine}.StepBudget"/>
    /// processes, capabilities or waiters. Whether this CPU is done with it.</summary>
    public static bool Step(Cpu* cpu, Session* session) => session->Phase switch
    {
        SessionPhase.EndingProcesses => EndProcesses(cpu, session),
        SessionPhase.Revoking => Revoke(cpu, session),
        _ => Waits<TMachine>.FinishSome(cpu, &session->Waiters, session->ExitCode),
    };

    /// <summary>This CPU, done with the steps and no longer holding the session in its list, lets go of it.</summary>
    public static void Finish(Cpu* cpu, Session* session)
    {
        if (session->Phase == SessionPhase.Ended)
        {
            Drop(cpu, session);
        }
        else
        {
            References<TMachine>.Drop(cpu, ObjectKind.Process, session->Ender->Header.Reference);
            Enter(cpu, session, SessionPhase.Emptying);
            Leave(cpu, session);
        }

        Teardown<TMachine>.CountOut(cpu);
    }

    private static bool EndProcesses(Cpu* cpu, Session* session)
    {
        for (int i = 0; i < Teardown<TMachine>.StepBudget; i++)
        {
            Process* process = TakeListed(cpu, session);
            if (process == null)
            {
                Enter(cpu, session, SessionPhase.Revoking);
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
            cpu, session->Ender, session->EnderHandle, CallLimits.MaxRevoke, out bool more);
        return error != Error.None || !more;
    }

    // With a reference: while it is listed, its life still has one.
    private static Process* TakeListed(Cpu* cpu, Session* session)
    {
        Lock(cpu, session);
        Process* process = session->FirstProcess;
        if (process != null)
        {
            References<TMachine>.Take(&process->Header);
            Unlist(session, process);
        }

        Unlock(cpu, session);
        return process;
    }

    private static void Unlist(Session* session, Process* process)
    {
        if (process->Membership == Membership.Listed)
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

        process->Membership = Membership.Unlisted;
    }

    private static void Enter(Cpu* cpu, Session* session, SessionPhase phase)
    {
        Lock(cpu, session);
        session->Phase = phase;
        Unlock(cpu, session);
    }

    private static Session* Of(Cpu* cpu, Process* process) => (Session*)cpu->Kernel->Sessions.At(process->Session);

    private static void Lock(Cpu* cpu, Session* session) =>
        session->Waiters.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);

    private static void Unlock(Cpu* cpu, Session* session) =>
        session->Waiters.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);

    private static void Drop(Cpu* cpu, Session* session) =>
        References<TMachine>.Drop(cpu, ObjectKind.Session, session->Header.Reference);
}
