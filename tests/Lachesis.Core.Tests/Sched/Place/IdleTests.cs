using System;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Place;

/// <summary>What CPUs with nothing to do do.</summary>
public sealed unsafe class IdleTests : IDisposable
{
    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 3 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_cpu_whose_threads_are_gone_steals_the_longest_waiting_of_the_nearest()
    {
        Thread* first = QueuedOnZero();
        QueuedOnZero();
        _system.Syscall(1, SystemCall.ThreadExit);
        Assert.Equal((nint)first, (nint)_system.Cpu(1)->Current);
        Assert.Equal(1ul, _system.Cpu(1)->Counters[Counter.StealsWon]);
        Assert.Equal(1ul, _system.Cpu(0)->RunQueue.Count);
        Assert.Equal(0ul, _system.Kernel->IdleMask);
    }

    [Fact]
    public void A_thief_leaves_threads_that_may_not_run_on_it()
    {
        Thread* pinned = QueuedOnZero();
        pinned->EffectiveAffinity = 1;
        Thread* free = QueuedOnZero();
        _system.Syscall(1, SystemCall.ThreadExit);
        Assert.Equal((nint)free, (nint)_system.Cpu(1)->Current);
        Assert.Equal([(nint)pinned], _system.QueueOf(0));
    }

    [Fact]
    public void A_cpu_that_finds_nothing_publishes_itself_and_leaves_the_address_space()
    {
        _system.NewThread(0);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.ThreadExit);
        Assert.True(_system.Cpu(1)->Current == null && _system.Cpu(1)->LoadedProcess == null);
        Assert.Equal(0b110ul, _system.Kernel->IdleMask);
        Assert.Equal(1ul, _system.Cpu(1)->NeedsRescheduleIpi);
    }

    [Fact]
    public void Each_of_several_threads_that_come_at_once_finds_an_idle_cpu_of_its_own()
    {
        Thread* a = QueuedOnZero();
        Thread* b = QueuedOnZero();
        a->EffectiveAffinity = 1;
        b->EffectiveAffinity = 1;
        _system.Syscall(1, SystemCall.ThreadExit);
        _system.Syscall(2, SystemCall.ThreadExit);
        Assert.Equal(0b110ul, _system.Kernel->IdleMask);
        SetAffinity(a, 0b111);
        SetAffinity(b, 0b111);
        Assert.True(_system.HasInterrupt(1) && _system.HasInterrupt(2));
        _system.RunPendingWork();
        Assert.True(_system.Cpu(1)->Current == a && _system.Cpu(2)->Current == b);
    }

    [Fact]
    public void A_preempted_thread_is_offered_to_an_idle_cpu()
    {
        Thread* pinned = QueuedOnZero();
        pinned->EffectiveAffinity = 1;
        Thread* running = _system.Cpu(0)->Current;
        _system.Syscall(1, SystemCall.ThreadExit);
        _system.Advance(_system.Shape.SliceNs);
        _system.FireTimer(0);
        Assert.Equal((nint)pinned, (nint)_system.Cpu(0)->Current);
        Assert.True(_system.HasInterrupt(1));
        _system.DeliverIpi(1);
        Assert.Equal((nint)running, (nint)_system.Cpu(1)->Current);
    }

    [Fact]
    public void An_interrupt_that_finds_nothing_leaves_the_cpu_idle_again()
    {
        Thread* queued = QueuedOnZero();
        queued->EffectiveAffinity = 1;
        _system.Syscall(1, SystemCall.ThreadExit);
        SetAffinity(queued, 0b111);
        Assert.True(_system.HasInterrupt(1));
        _system.Syscall(0, SystemCall.ThreadExit);
        _system.DeliverIpi(1);
        Assert.True(_system.Cpu(1)->Current == null);
        Assert.Equal(0b010ul, _system.Kernel->IdleMask);
        Assert.Equal((nint)queued, (nint)_system.Cpu(0)->Current);
    }

    // CPUs 1 and 2 get a thread each, then one more waits on CPU 0.
    private Thread* QueuedOnZero()
    {
        while (_system.Kernel->IdleMask != 0)
        {
            _system.NewThread(0);
            _system.RunPendingWork();
        }

        ulong handle = _system.CreateThread(0);
        Thread* thread = _system.ThreadOf(0, handle);
        thread->EffectiveAffinity = 1;
        _system.Syscall(0, SystemCall.ThreadStart, handle);
        thread->EffectiveAffinity = 0b111;
        return thread;
    }

    private void SetAffinity(Thread* thread, ulong mask)
    {
        for (ulong handle = BootHandle.Count; ; handle++)
        {
            if (_system.ThreadOf(0, handle) == thread)
            {
                Assert.Equal(Error.None, _system.Syscall(0, SystemCall.ThreadSetAffinity, handle, mask).Error);
                return;
            }
        }
    }
}
