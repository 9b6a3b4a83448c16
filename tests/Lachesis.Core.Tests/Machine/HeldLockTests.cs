using System;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Timers;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Machine;

/// <summary>What takes over a lock that its caller holds panics, in builds with CHECKS, if the caller does not.</summary>
public sealed unsafe class HeldLockTests : IDisposable
{
    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 1 });

    private Cpu* Cpu => _system.Cpu(0);

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Waiting_in_a_queue_takes_its_lock() => Panics(() => Waits<SimulatedMachine>.Block(Cpu, &Cpu->Current->Joiners, Instant.Never));

    [Fact]
    public void Waiting_for_an_end_takes_the_lock_of_those_who_wait() => Panics(() =>
    {
        Thread* thread = Cpu->Current;
        ExitWait<SimulatedMachine>.BlockUntilEnd(Cpu, ObjectKind.Thread, &thread->Header, &thread->Joiners, isOver: true, exitCode: 0);
    });

    [Fact]
    public void Delivering_a_signal_takes_the_lock_of_the_notification() => Panics(() =>
    {
        Notification* notification = (Notification*)_system.Kernel->Notifications.Allocate<SimulatedMachine>(Cpu);
        Notifications<SimulatedMachine>.SignalLocked(Cpu, notification, 1);
    });

    [Fact]
    public void The_expiry_of_a_timer_takes_the_lock_of_its_queue() => Panics(() =>
    {
        Timer* timer = (Timer*)_system.Kernel->Timers.Allocate<SimulatedMachine>(Cpu);
        TimerObjects<SimulatedMachine>.Expire(Cpu, timer, Instant.Never);
    });

    private static void Panics(Action action) => Assert.Equal(
        "what a lock guards is touched without it",
        Assert.Throws<KernelPanicException>(action).Message);
}
