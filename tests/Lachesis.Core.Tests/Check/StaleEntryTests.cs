using System;
using Lachesis.Abi;
using Lachesis.Core.Rings;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Check;

/// <summary>The check of the kernel's own books finds what names a thread whose life is over, and nothing else.</summary>
public sealed unsafe class StaleEntryTests : IDisposable
{
    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 1 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_sound_system_has_none()
    {
        Sleeper();
        Assert.Equal(0u, Found());
    }

    [Fact]
    public void A_queued_thread_that_has_ended_is_found() => AssertFound(_system.NewThread(0));

    [Fact]
    public void A_timer_of_a_thread_that_has_ended_is_found() => AssertFound(Sleeper());

    [Fact]
    public void A_parked_thread_that_has_ended_is_found()
    {
        Thread* other = _system.NewThread(0);
        Thread* parker = _system.Cpu(0)->Current;
        _system.Syscall(0, SystemCall.Park, SimulatedSystem.DataAddress, 0);
        Assert.True(_system.Cpu(0)->Current == other);
        AssertFound(parker);
    }

    [Fact]
    public void A_ring_whose_thread_has_ended_is_found()
    {
        ulong memory = _system.Syscall(0, SystemCall.MemoryMap, BootHandle.Process, RingLayout.Bytes).Value;
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.RingCreate, BootHandle.Process, memory, 1, 1).Error);
        Thread* owner = _system.NewThread(0);
        _system.Checking = false;
        ((Ring*)_system.Kernel->Rings.At(0))->Owner = (ulong)owner;
        AssertFound(owner, 3);
    }

    [Fact]
    public void A_meeting_point_that_is_taken_apart_while_somebody_holds_it_is_found()
    {
        ulong handle = _system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Endpoint).Value;
        Assert.NotEqual(0ul, handle);
        Assert.Equal(0u, Found());
        _system.Checking = false;
        _system.Cpu(0)->ObjectsToDestroy = (WaitableObject*)_system.Kernel->Endpoints.At(0);
        Assert.Equal(1u, Found());
        _system.Cpu(0)->ObjectsToDestroy = null;
    }

    // The process's list names it, too.
    private void AssertFound(Thread* thread, uint places = 2)
    {
        Assert.Equal(0u, Found());
        _system.Checking = false;
        thread->StateWord = 0;
        Assert.Equal(places, Found());
    }

    private Thread* Sleeper()
    {
        Thread* other = _system.NewThread(0);
        Thread* sleeper = _system.Cpu(0)->Current;
        _system.Syscall(0, SystemCall.SleepUntil, (ulong)_system.Clock + 1_000_000_000);
        Assert.True(_system.Cpu(0)->Current == other);
        return sleeper;
    }

    private uint Found()
    {
        uint stale = 0;
        for (ulong cursor = 0, value; ; cursor = value >> 32)
        {
            value = _system.Syscall(0, SystemCall.StaleEntryCheck, BootHandle.Machine, cursor).Value;
            stale += (uint)value;
            if (value >> 32 == 0)
            {
                return stale;
            }
        }
    }
}
