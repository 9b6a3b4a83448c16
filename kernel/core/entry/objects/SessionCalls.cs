using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Entry;

/// <summary>System calls on sessions; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class SessionCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.SessionCreate"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Create(Cpu* cpu, ulong handle)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Programs, Rights.Control | Rights.Write);
        if (error != Error.None)
        {
            return error;
        }

        Session* session = Sessions<TMachine>.Create(cpu);
        return session == null ? Error.PoolFull : ObjectLookup<TMachine>.InstallNewObject(cpu, ObjectKind.Session, &session->Header);
    }

    /// <summary><see cref="SystemCall.SessionEnd"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error End(Cpu* cpu, ulong handle, ulong code)
    {
        Session* session = (Session*)ObjectLookup<TMachine>.TakeObject(
            cpu, handle, ObjectKind.Session, Rights.Control, out _, out Error error);
        if (session == null)
        {
            return error;
        }

        Process* caller = cpu->Current->Process;
        bool own = caller->Session == session->Header.Index;
        Sessions<TMachine>.BeginEnd(cpu, session, handle, code);
        code = session->ExitCode;
        Drop(cpu, session);
        if (own)
        {
            ProcessLifecycle<TMachine>.BeginExit(cpu, caller, code);
            ThreadLifecycle<TMachine>.ExitCurrent(cpu, code);
            return Error.None;
        }

        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Error.None);
    }

    /// <summary><see cref="SystemCall.SessionWait"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Wait(Cpu* cpu, ulong handle)
    {
        Session* session = (Session*)ObjectLookup<TMachine>.TakeObject(
            cpu, handle, ObjectKind.Session, Rights.Read, out _, out Error error);
        if (session == null)
        {
            return error;
        }

        if (cpu->Current->Process->Session == session->Header.Index)
        {
            Drop(cpu, session);
            return Error.BadState;
        }

        session->Waiters.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool isOver = session->Phase == SessionPhase.Ended;
        return ExitWait<TMachine>.BlockUntilEnd(
            cpu, ObjectKind.Session, &session->Header, &session->Waiters, isOver, session->ExitCode);
    }

    private static void Drop(Cpu* cpu, Session* session) =>
        References<TMachine>.Drop(cpu, ObjectKind.Session, session->Header.Reference);
}
