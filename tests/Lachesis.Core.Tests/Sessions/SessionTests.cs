using System;
using Lachesis.Abi;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machine;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sessions;

/// <summary>Sessions: entering them, logging out, waiting for that, and what is left.</summary>
public sealed unsafe class SessionTests : IDisposable
{
    private const ulong Data = SimulatedSystem.DataAddress;
    private const ulong Code = 0x0E0E;
    private const uint Place = BootHandle.FirstFree;

    private readonly SimulatedSystem _system =
        SimulatedSystem.Running(new SystemShape { Cpus = 2, Threads = 200, Processes = 100, Pages = 4000 });

    private readonly ulong _session;

    public SessionTests() => _session = Create();

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_process_is_in_its_makers_session_or_in_the_one_that_it_was_started_in()
    {
        Process* first = Started(0);
        Process* second = Started(_session);
        Assert.Equal((0u, 1u), (first->Session, second->Session));
        Assert.Equal(1u, SessionAt(1)->MemberCount);
    }

    [Fact]
    public void Logging_out_ends_every_process_of_the_session_with_its_code_and_no_other()
    {
        Process* other = Started(0);
        ulong[] handles = [Start(_session), Start(_session), Start(_session)];
        End();
        foreach (ulong handle in handles)
        {
            Assert.Equal(Code, _system.Syscall(0, SystemCall.ProcessWait, handle).Value);
        }

        Assert.Equal(ProcessPhase.Alive, other->Phase);
        Assert.Equal(Code, _system.Syscall(0, SystemCall.SessionWait, _session).Value);
    }

    [Fact]
    public void What_a_process_of_the_session_starts_is_in_it_and_ends_with_it()
    {
        _system.PutRequest(0, "child", Grants.Spawn, 0b10);
        _system.PutSession(0, _session);
        Assert.Equal(Error.None, Spawn().Error);
        _system.RunPendingWork();
        Assert.Equal(Error.None, _system.Spawn(1, cpus: 0b10).Error);
        Assert.Equal(2u, SessionAt(1)->MemberCount);
        End();
        Assert.Equal((1u, 0u), (_system.Kernel->Processes.InUse - 1, SessionAt(1)->MemberCount));
    }

    [Fact]
    public void Waiting_for_a_session_lasts_until_its_last_process_is_dead()
    {
        Start(_session);
        _system.StartThread(0);
        Assert.False(_system.Syscall(0, SystemCall.SessionWait, _session).WentOn);
        LetTime();
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.SessionEnd, _session, Code).Error);
        Assert.Equal(SessionPhase.EndingProcesses, SessionAt(1)->Phase);
        LetTime();
        Assert.Equal(SessionPhase.Ended, SessionAt(1)->Phase);
        Assert.True(SessionAt(1)->Waiters.First == null);
    }

    [Fact]
    public void Nobody_starts_a_process_in_a_session_that_has_been_ended()
    {
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.SessionEnd, _session, Code).Error);
        _system.PutRequest(0, "child", Grants.None, 0b10);
        _system.PutSession(0, _session);
        Snapshot.Fails(Error.BadState, _system, SystemCall.ProcessSpawn, BootHandle.Spawn, Data);
        LetTime();
        Snapshot.Fails(Error.BadState, _system, SystemCall.ProcessSpawn, BootHandle.Spawn, Data);
    }

    [Fact]
    public void The_first_to_log_out_gives_the_code()
    {
        _system.Syscall(0, SystemCall.SessionEnd, _session, Code);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.SessionEnd, _session, 1).Error);
        LetTime();
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.SessionEnd, _session, 2).Error);
        Assert.Equal(Code, _system.Syscall(0, SystemCall.SessionWait, _session).Value);
    }

    [Fact]
    public void A_member_that_logs_out_does_not_go_on_and_cannot_wait_for_its_own_session()
    {
        GiveSession(Rights.Same);
        Assert.Equal(Error.BadState, _system.Syscall(1, SystemCall.SessionWait, Place).Error);
        Assert.False(_system.Syscall(1, SystemCall.SessionEnd, Place, Code).WentOn);
        LetTime();
        Assert.Equal(Code, _system.Syscall(0, SystemCall.SessionWait, _session).Value);
    }

    [Theory]
    [InlineData(SystemCall.SessionEnd, Rights.Control)]
    [InlineData(SystemCall.SessionWait, Rights.Read)]
    public void Ending_needs_control_and_waiting_needs_to_read(SystemCall call, Rights needed)
    {
        ulong weak = Mint(_session, Rights.All & ~needed);
        Snapshot.Fails(Error.MissingRight, _system, call, weak, Code);
        Snapshot.Fails(Error.WrongKind, _system, call, BootHandle.Process, Code);
        Snapshot.Fails(Error.StaleHandle, _system, call, 31, Code);
    }

    [Fact]
    public void Starting_in_a_session_needs_control_of_it()
    {
        _system.PutRequest(0, "child", Grants.None, 0b10);
        _system.PutSession(0, Mint(_session, Rights.All & ~Rights.Control));
        Snapshot.Fails(Error.MissingRight, _system, SystemCall.ProcessSpawn, BootHandle.Spawn, Data);
        _system.PutSession(0, BootHandle.Log);
        Snapshot.Fails(Error.WrongKind, _system, SystemCall.ProcessSpawn, BootHandle.Spawn, Data);
    }

    [Fact]
    public void Logging_out_deletes_what_was_derived_from_the_capability_that_did_and_not_what_that_was_derived_from()
    {
        ulong through = Mint(_session, Rights.Same);
        ulong below = Mint(through, Rights.Read);
        ulong beside = Mint(_session, Rights.Read);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.SessionEnd, through, Code).Error);
        LetTime();
        Assert.Equal(Error.StaleHandle, _system.Syscall(0, SystemCall.SessionWait, below).Error);
        foreach (ulong left in (ulong[])[_session, through, beside])
        {
            Assert.Equal(Code, _system.Syscall(0, SystemCall.SessionWait, left).Value);
        }
    }

    [Fact]
    public void A_session_lives_as_long_as_a_process_is_in_it_or_a_capability_names_it()
    {
        ulong process = Start(_session);
        _system.Syscall(0, SystemCall.CapabilityDelete, _session);
        Assert.Equal(2u, _system.Kernel->Sessions.InUse);
        _system.Syscall(0, SystemCall.ProcessExit, process, 1);
        LetTime();
        Assert.Equal(1u, _system.Kernel->Sessions.InUse);
        ulong next = Create();
        Assert.Equal(2u, _system.Kernel->Sessions.InUse);
        _system.Syscall(0, SystemCall.CapabilityDelete, next);
        Assert.Equal(1u, _system.Kernel->Sessions.InUse);
    }

    [Fact]
    public void An_empty_session_can_be_entered_again()
    {
        ulong process = Start(_session);
        _system.Syscall(0, SystemCall.ProcessExit, process, 1);
        LetTime();
        Assert.Equal((0u, SessionPhase.Open), (SessionAt(1)->MemberCount, SessionAt(1)->Phase));
        Assert.Equal(1u, Started(_session)->Session);
    }

    [Fact]
    public void A_full_pool_is_an_error()
    {
        for (uint i = _system.Kernel->Sessions.InUse; i < SchedulingLimits.MaxGroups; i++)
        {
            Create();
        }

        Snapshot.Fails(Error.PoolFull, _system, SystemCall.SessionCreate, BootHandle.Spawn);
    }

    [Fact]
    public void A_new_session_does_not_begin_with_the_time_of_an_old_one()
    {
        ulong process = Start(_session);
        _system.Syscall(0, SystemCall.CapabilityDelete, _session);
        _system.RunPendingWork();
        _system.Advance(12_345);
        _system.Syscall(0, SystemCall.ProcessExit, process, 1);
        LetTime();
        Assert.NotEqual(0, _system.Kernel->GroupLedgers.Session(1)->Runtime.Nanoseconds);
        Create();
        Assert.Equal(0, _system.Kernel->GroupLedgers.Session(1)->Runtime.Nanoseconds);
    }

    [Fact]
    public void However_many_processes_there_are_no_step_ends_more_than_32()
    {
        for (int i = 0; i < 70; i++)
        {
            _system.PutRequest(0, "child", Grants.None, 0b10);
            _system.PutSession(0, _session);
            Assert.Equal(Error.None, Spawn().Error);
        }

        _system.Syscall(0, SystemCall.SessionEnd, _session, Code);
        for (uint dying = 0; SessionAt(1)->Phase == SessionPhase.EndingProcesses;)
        {
            _system.Advance(Teardown<SimulatedMachine>.StepInterval.Nanoseconds);
            _system.FireTimer(0);
            Assert.InRange(Dying() - dying, 0u, 32u);
            dying = Dying();
        }

        LetTime(500);
        Assert.Equal(SessionPhase.Ended, SessionAt(1)->Phase);
    }

    [Fact]
    public void A_process_that_is_being_made_while_its_session_ends_ends_with_it() => Races.AtEachPoint(
        system =>
        {
            ulong session = system.Syscall(0, SystemCall.SessionCreate, BootHandle.Spawn).Value;
            system.PutRequest(0, "child", Grants.Spawn, 0b10);
            system.PutSession(0, session);
            system.PutCapability(0, new SpawnCapability { Handle = session, Rights = Rights.Same, Index = Place });
            system.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, Data);
            system.RunPendingWork();
            system.PutRequest(1, "child", Grants.None, 0b10);
        },
        system => system.Syscall(1, SystemCall.ProcessSpawn, BootHandle.Spawn, Data),
        system =>
        {
            // All of its own steps, too, so that nobody looks at the list any more.
            system.Syscall(0, SystemCall.SessionEnd, Races.Handle, Code);
            for (int i = 0; i < 8; i++)
            {
                system.Advance(100_000);
                if (system.IsTimerDue(0))
                {
                    system.FireTimer(0);
                }
            }
        },
        system =>
        {
            for (int i = 0; i < 100; i++)
            {
                system.Advance(100_000);
                system.RunPendingWork();
            }

            Assert.Equal(Code, system.Syscall(0, SystemCall.SessionWait, Races.Handle).Value);
            Assert.Equal(1u, system.Kernel->Processes.InUse - 1);
        });

    private ulong Create() => _system.Syscall(0, SystemCall.SessionCreate, BootHandle.Spawn).Value;

    private ulong Mint(ulong handle, Rights mask) => _system.Syscall(0, SystemCall.CapabilityMint, handle, (ulong)mask).Value;

    private Session* SessionAt(uint number) => (Session*)_system.Kernel->Sessions.At(number);

    private SimulatedSystem.CallResult Spawn() => _system.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, Data);

    private ulong Start(ulong session)
    {
        _system.PutRequest(0, "child", Grants.None, 0b10);
        _system.PutSession(0, session);
        SimulatedSystem.CallResult made = Spawn();
        Assert.Equal(Error.None, made.Error);
        return made.Value;
    }

    private Process* Started(ulong session) => _system.ProcessOf(0, Start(session));

    // A member that runs on CPU 1 and holds a capability to its session.
    private void GiveSession(Rights rights)
    {
        _system.PutRequest(0, "child", Grants.Spawn, 0b10);
        _system.PutSession(0, _session);
        _system.PutCapability(0, new SpawnCapability { Handle = _session, Rights = rights, Index = Place });
        Assert.Equal(Error.None, Spawn().Error);
        _system.RunPendingWork();
    }

    private uint Dying()
    {
        uint dying = 0;
        foreach (nint process in _system.Processes)
        {
            dying += ((Process*)process)->Phase != ProcessPhase.Alive ? 1u : 0;
        }

        return dying;
    }

    private void End()
    {
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.SessionEnd, _session, Code).Error);
        LetTime();
    }

    private void LetTime(int rounds = 60)
    {
        for (int i = 0; i < rounds; i++)
        {
            _system.Advance(100_000);
            _system.RunPendingWork();
        }
    }
}
