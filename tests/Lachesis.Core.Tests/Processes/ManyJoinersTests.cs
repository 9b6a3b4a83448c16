using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Processes;

/// <summary>More threads wait for one end than the kernel wakes in one step: the rest follow in further steps, none is lost.</summary>
public sealed unsafe class ManyJoinersTests : IDisposable
{
    private const int Waiters = (2 * Waits<SimulatedMachine>.WakeBatch) + 5;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Threads = Waiters + 8, Pages = 400 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Joiners_of_an_ended_thread_are_told_in_steps()
    {
        ulong target = _system.StartThread(0);
        ulong first = _system.ThreadOf(0, target)->Header.Index;
        List<nint> joiners = BlockAll(SystemCall.ThreadJoin, target);
        RunUntil(thread => thread->Header.Index == first);
        _system.Syscall(0, SystemCall.ThreadExit, 7);

        Assert.Equal(Waits<SimulatedMachine>.WakeBatch, CountWoken(joiners));
        Assert.Equal(1ul, _system.Cpu(0)->WorkPending);
        TellRest();
        Assert.All(joiners, joiner => Assert.Equal(7ul, ((Thread*)joiner)->Context.Rdx));
        Assert.Equal(0ul, _system.Cpu(0)->WorkPending);
    }

    [Fact]
    public void Waiters_for_an_ended_process_are_told_in_steps()
    {
        _system.InsertRamdisk();
        ulong child = _system.Spawn(0).Value;
        Process* process = _system.ProcessOf(0, child);
        List<nint> waiters = BlockAll(SystemCall.ProcessWait, child);
        RunUntil(thread => thread->Process == process);
        _system.Syscall(0, SystemCall.ThreadExit, 9);
        TellRest();
        Assert.All(waiters, waiter => Assert.Equal(9ul, ((Thread*)waiter)->Context.Rdx));
        Assert.Equal(ProcessPhase.Dead, process->Phase);
    }

    private static int CountWoken(List<nint> threads) =>
        threads.FindAll(thread => SimulatedSystem.StateOf((Thread*)thread).Location != ThreadLocation.Blocked).Count;

    // Makes threads that each make the call and block; the caller goes on.
    private List<nint> BlockAll(SystemCall call, ulong handle)
    {
        var blocked = new List<nint>();
        Thread* main = _system.Cpu(0)->Current;
        for (int i = 0; i < Waiters; i++)
        {
            Thread* waiter = _system.NewThread(0);
            blocked.Add((nint)waiter);
            RunUntil(thread => thread == waiter);
            _system.Syscall(0, call, handle);
            RunUntil(thread => thread == main);
        }

        return blocked;
    }

    private delegate bool Choice(Thread* thread);

    private void RunUntil(Choice isChosen)
    {
        for (int i = 0; i < 2 * Waiters && !isChosen(_system.Cpu(0)->Current); i++)
        {
            _system.Syscall(0, SystemCall.Yield);
        }

        Assert.True(isChosen(_system.Cpu(0)->Current));
    }

    private void TellRest()
    {
        for (int i = 0; i < 100 && _system.Cpu(0)->WorkPending != 0; i++)
        {
            _system.Advance(Teardown<SimulatedMachine>.StepInterval.Nanoseconds);
            _system.RunPendingWorkOnce();
        }

        _system.RunPendingWork();
    }
}
