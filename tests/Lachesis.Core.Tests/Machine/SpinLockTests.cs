using System;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Machine;

public sealed unsafe class SpinLockTests : IDisposable
{
    private readonly SimulatedSystem _system = new(new SystemShape { Cpus = 2 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Locks_taken_in_rank_order_are_fine()
    {
        SpinLock outer = default;
        SpinLock inner = default;
        outer.Acquire<SimulatedMachine>(_system.Cpu(0), LockRank.Process);
        inner.Acquire<SimulatedMachine>(_system.Cpu(0), LockRank.Pages);
        inner.Release<SimulatedMachine>(_system.Cpu(0), LockRank.Pages);
        outer.Release<SimulatedMachine>(_system.Cpu(0), LockRank.Process);
        Assert.Equal(0u, _system.Cpu(0)->HeldRanks);
    }

    [Theory]
    [InlineData(LockRank.RunQueue, LockRank.RunQueue)]
    [InlineData(LockRank.Pages, LockRank.Process)]
    [InlineData(LockRank.Output, LockRank.Pool)]
    public void A_lock_out_of_rank_order_panics(LockRank held, LockRank wanted)
    {
        SpinLock outer = default;
        SpinLock inner = default;
        outer.Acquire<SimulatedMachine>(_system.Cpu(0), held);
        KernelPanicException panic = Assert.Throws<KernelPanicException>(
            () => Take(ref inner, wanted));
        Assert.Equal("lock taken out of rank order", panic.Message);
    }

    [Fact]
    public void Ranks_are_counted_for_each_cpu_alone()
    {
        SpinLock first = default;
        SpinLock second = default;
        first.Acquire<SimulatedMachine>(_system.Cpu(0), LockRank.Output);
        second.Acquire<SimulatedMachine>(_system.Cpu(1), LockRank.Process);
        Assert.NotEqual(_system.Cpu(0)->HeldRanks, _system.Cpu(1)->HeldRanks);
    }

    [Fact]
    public void A_held_lock_makes_others_wait_and_refuses_those_who_only_try()
    {
        SpinLock held = default;
        held.Acquire<SimulatedMachine>(_system.Cpu(0), LockRank.Pool);
        Assert.False(held.TryAcquire<SimulatedMachine>(_system.Cpu(1), LockRank.Pool));
        Assert.Equal(0u, _system.Cpu(1)->HeldRanks);
        Assert.Throws<WouldSpinException>(() => held.Acquire<SimulatedMachine>(_system.Cpu(1), LockRank.Pool));
    }

    [Fact]
    public void A_lock_given_back_can_be_taken()
    {
        SpinLock free = default;
        Assert.True(free.TryAcquire<SimulatedMachine>(_system.Cpu(0), LockRank.Pool));
        free.Release<SimulatedMachine>(_system.Cpu(0), LockRank.Pool);
        Assert.True(free.TryAcquire<SimulatedMachine>(_system.Cpu(1), LockRank.Pool));
    }

    [Fact]
    public void What_a_lock_guards_is_touched_by_its_holder_alone_whatever_others_try()
    {
        using SimulatedSystem running = SimulatedSystem.Running(new SystemShape { Cpus = 2 });
        Process* process = running.Cpu(0)->Current->Process;
        process->Lock.Acquire<SimulatedMachine>(running.Cpu(0), LockRank.Process);
        Assert.False(process->Lock.TryAcquire<SimulatedMachine>(running.Cpu(1), LockRank.Process));
        Assert.False(SpinLock.TryAcquireUncontended<SimulatedMachine>(&process->Lock, running.Cpu(1), LockRank.Process));

        Find(running.Cpu(0), process);
        Assert.Throws<KernelPanicException>(() => Find(running.Cpu(1), process));
        process->Lock.Release<SimulatedMachine>(running.Cpu(0), LockRank.Process);
        Assert.Equal(
            "what a lock guards is touched without it",
            Assert.Throws<KernelPanicException>(() => Find(running.Cpu(0), process)).Message);
    }

    private static void Find(Cpu* cpu, Process* process) =>
        Assert.True(CapabilityLookup<SimulatedMachine>.TryFind(cpu, process, BootHandle.Process, ObjectKind.Process, Rights.Write, out _));

    private void Take(ref SpinLock inner, LockRank rank) => inner.Acquire<SimulatedMachine>(_system.Cpu(0), rank);
}
