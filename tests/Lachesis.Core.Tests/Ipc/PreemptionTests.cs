using System;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc;

/// <summary>A signal lets a waiter of higher priority run at once; and all that must keep it from that.</summary>
public sealed unsafe class PreemptionTests : IDisposable
{
    private const uint Low = 100;
    private const uint High = 200;

    private IpcSystem _ipc = new(policy: SchedulingPolicy.Priority);
    private Thread* _waiter;
    private Thread* _signaller;
    private ulong _signallerHandle;

    private SimulatedSystem System => _ipc.System;

    public void Dispose() => _ipc.Dispose();

    [Fact]
    public void A_more_urgent_waiter_runs_at_once_and_the_signaller_is_queued()
    {
        Prepare();
        ulong preemptions = System.Total(Counter.Preemptions);
        ulong switches = System.Total(Counter.ContextSwitches);
        Assert.False(Signal(6).WentOn);
        Assert.True(_ipc.Current == _waiter);
        Assert.Equal((Error.None, 6ul), (IpcSystem.ResultOf(_waiter), _waiter->Context.Rdx));
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(_signaller).Location);
        Assert.Equal(preemptions + 1, System.Total(Counter.Preemptions));
        Assert.Equal(switches + 1, System.Total(Counter.ContextSwitches));
        Assert.Equal(_waiter->PriorityUrgency, System.Cpu(0)->RunningUrgency);
        Assert.Equal(Error.WouldBlock, System.Syscall(0, SystemCall.Poll, _ipc.Notification).Error);
        System.Syscall(0, SystemCall.Wait, _ipc.Notification);
        Assert.True(_ipc.Current == _signaller);
        Assert.Equal((Error.None, 0ul), (IpcSystem.ResultOf(_signaller), _signaller->Context.Rdx));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_learns_of_an_objects_end_runs_at_once_if_it_is_more_urgent_than_who_deleted_the_last_capability(
        bool lockIsTaken)
    {
        Prepare();
        if (lockIsTaken)
        {
            UntilSomebodyTries(&System.Kernel->DerivationLock);
        }

        Assert.False(System.Syscall(0, SystemCall.CapabilityDelete, _ipc.Notification).WentOn);
        Assert.True(_ipc.Current == _waiter);
        Assert.Equal(Error.Gone, IpcSystem.ResultOf(_waiter));
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(_signaller).Location);
    }

    [Fact]
    public void Who_is_preempted_goes_on_before_its_equals_with_the_rest_of_its_quantum()
    {
        Prepare();
        ulong handle = System.CreateThread(0);
        SetPriority(handle, Low);
        System.Syscall(0, SystemCall.ThreadStart, handle);
        Thread* equal = System.ThreadOf(0, handle);
        Assert.True(_ipc.Current == _signaller);
        long end = _signaller->SliceEnd.Nanoseconds;
        System.Advance(300);
        Signal(1);
        Assert.True(_ipc.Current == _waiter);
        Assert.Equal(end - System.Clock, _signaller->SliceLeft.Nanoseconds);
        Assert.Equal([(nint)_signaller, (nint)equal], System.QueueOf(0));
    }

    [Fact]
    public void Whoever_pays_for_the_time_until_the_signal_is_the_signaller()
    {
        Prepare();
        long runtime = (long)System.Syscall(0, SystemCall.ThreadRuntime, _signallerHandle).Value;
        long wait = _waiter->Ledger.RunDelay.Nanoseconds;
        System.Advance(70);
        Signal(1);
        Assert.Equal(70, _signaller->Ledger.Runtime.Nanoseconds - runtime);
        Assert.Equal(wait, _waiter->Ledger.RunDelay.Nanoseconds);
    }

    [Theory]
    [InlineData(Low)]
    [InlineData(Low - 1)]
    public void A_waiter_that_is_not_more_urgent_waits_for_its_turn(uint waiter)
    {
        Prepare(waiter: waiter);
        Assert.True(Signal(1).WentOn);
        Assert.True(_ipc.Current == _signaller);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(_waiter).Location);
    }

    [Fact]
    public void Under_round_robin_nobody_is_preempted()
    {
        _ipc.Dispose();
        _ipc = new IpcSystem();
        Prepare();
        Assert.True(Signal(1).WentOn);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(_waiter).Location);
    }

    [Fact]
    public void A_waiter_whose_priority_was_lowered_meanwhile_is_not_more_urgent()
    {
        Prepare();
        SetPriority(BootHandle.MainThread, Low - 1);
        Assert.True(Signal(1).WentOn);
        Assert.Equal((ThreadLocation.Queued, Low - 1), (SimulatedSystem.StateOf(_waiter).Location, _waiter->Priority));
    }

    [Fact]
    public void A_suspended_waiter_gets_its_bits_and_stands_still()
    {
        Prepare();
        System.Syscall(0, SystemCall.ThreadSuspend, BootHandle.MainThread);
        Assert.True(Signal(3).WentOn);
        Assert.Equal((ThreadLocation.Suspended, 3ul), (SimulatedSystem.StateOf(_waiter).Location, _waiter->Context.Rdx));
    }

    [Fact]
    public void Where_a_cpu_idles_the_waiter_runs_there_and_nobody_is_preempted()
    {
        _ipc.Dispose();
        _ipc = new IpcSystem(cpus: 2, policy: SchedulingPolicy.Priority);
        Prepare(signallersCpus: 1);
        Assert.True(System.Cpu(1)->Current == null);
        Assert.True(Signal(1).WentOn);
        System.RunPendingWork();
        Assert.True(_ipc.Current == _signaller);
        Assert.True(System.Cpu(1)->Current == _waiter);
    }

    [Fact]
    public void A_waiter_that_ran_last_on_another_busy_cpu_is_left_to_that()
    {
        _ipc.Dispose();
        _ipc = new IpcSystem(cpus: 2, policy: SchedulingPolicy.Priority);
        Prepare(signallersCpus: 1);
        Signal(1);
        System.RunPendingWork();
        Assert.True(System.Cpu(1)->Current == _waiter);
        ulong busy = System.CreateThread(0);
        System.Syscall(0, SystemCall.ThreadSetAffinity, busy, 2);
        System.Syscall(0, SystemCall.ThreadStart, busy);
        System.Syscall(1, SystemCall.Wait, _ipc.Notification);
        System.RunPendingWork();
        Assert.True(System.Cpu(1)->Current == System.ThreadOf(0, busy));
        Assert.True(Signal(1).WentOn);
        System.RunPendingWork();
        Assert.True(System.Cpu(1)->Current == _waiter);
    }

    [Fact]
    public void Whoever_waits_has_blocked_once_more_and_its_cpu_too()
    {
        ulong of = _ipc.Current->Ledger.VoluntaryBlocks;
        ulong on = System.Total(Counter.VoluntaryBlocks);
        Thread* first = _ipc.Current;
        System.Syscall(0, SystemCall.Wait, _ipc.Notification);
        Assert.Equal((of + 1, on + 1), (first->Ledger.VoluntaryBlocks, System.Total(Counter.VoluntaryBlocks)));
    }

    // The first thread waits for signals; another one runs.
    private void Prepare(uint waiter = High, ulong signallersCpus = ulong.MaxValue)
    {
        _waiter = _ipc.Current;
        SetPriority(BootHandle.MainThread, waiter);
        _signallerHandle = System.CreateThread(0);
        SetPriority(_signallerHandle, Low);
        if (signallersCpus != ulong.MaxValue)
        {
            System.Syscall(0, SystemCall.ThreadSetAffinity, _signallerHandle, signallersCpus);
        }

        System.Syscall(0, SystemCall.ThreadStart, _signallerHandle);
        _signaller = System.ThreadOf(0, _signallerHandle);
        if (_ipc.Current == _signaller)
        {
            System.Syscall(0, SystemCall.SleepUntil, (ulong)System.Clock + 1000);
        }

        Assert.True(_ipc.Current == _waiter);
        System.Syscall(0, SystemCall.Wait, _ipc.Notification);
        _ipc.Advance(2000);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(_waiter).Location);
        Assert.True(_ipc.Current == _signaller);
    }

    private SimulatedSystem.CallResult Signal(ulong bits) => System.Syscall(0, SystemCall.Signal, _ipc.Notification, bits);

    private void SetPriority(ulong handle, uint priority) => System.Syscall(
        0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)SchedulingParameter.Priority, priority);

    // Takes a lock, and gives it back once the cpu has found it taken.
    private void UntilSomebodyTries(SpinLock* spinLock)
    {
        *(ulong*)spinLock = 1;
        System.StopsWithLocks = true;
        System.OnPoint = () =>
        {
            if (System.Cpu(0)->HeldRanks != 0)
            {
                *(ulong*)spinLock = 0;
                System.OnPoint = null;
            }
        };
    }
}
