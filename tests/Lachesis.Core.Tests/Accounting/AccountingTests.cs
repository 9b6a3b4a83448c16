using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Accounting;

/// <summary>Every nanosecond of a CPU goes to one account.</summary>
public sealed unsafe class AccountingTests : IDisposable
{
    private const ulong Word = SimulatedSystem.DataAddress;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Time_between_entries_is_the_running_threads()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape());
        Thread* a = system.Cpu(0)->Current;
        Thread* b = system.NewThread(0);
        long before = a->Ledger.Runtime.Nanoseconds;
        system.Advance(30);
        system.Syscall(0, SystemCall.Yield);
        system.Advance(50);
        system.Syscall(0, SystemCall.Yield);
        Assert.Equal((before + 30, 50L), (a->Ledger.Runtime.Nanoseconds, b->Ledger.Runtime.Nanoseconds));
        Assert.Equal((2ul, 0ul), (a->Ledger.Switches, a->Ledger.Preemptions));
    }

    [Fact]
    public void What_an_interrupt_wakes_waits_from_when_the_interrupt_came()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape());
        Thread* sleeper = system.NewThread(0);
        system.Syscall(0, SystemCall.Yield);
        system.Syscall(0, SystemCall.SleepUntil, (ulong)system.Clock + 100);
        system.Advance(100);
        long came = system.Clock;
        system.OnPoint = () => system.Advance(5);
        system.FireTimer(0);
        system.OnPoint = null;
        Assert.Equal((ThreadLocation.Queued, came), (SimulatedSystem.StateOf(sleeper).Location, sleeper->RunnableSince.Nanoseconds));
        Assert.True(system.Clock > came);
    }

    [Fact]
    public void A_thread_that_has_to_leave_its_cpu_waits_from_when_that_was_interrupted()
    {
        Races.Started(_system);
        Thread* thread = _system.ThreadOf(0, Races.Handle);
        _system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle, 1);
        _system.Advance(100);
        long came = _system.Clock;
        _system.OnPoint = () => _system.Advance(5);
        _system.DeliverIpi(1);
        _system.OnPoint = null;
        Assert.Equal((ThreadLocation.Inbox, came), (SimulatedSystem.StateOf(thread).Location, thread->RunnableSince.Nanoseconds));
        Assert.Equal(100L, thread->Ledger.Runtime.Nanoseconds);
    }

    // A CPU on its way to idle has read its clock before; what it did since is not the expense of whoever comes just then.
    [Fact]
    public void A_thread_woken_while_its_cpu_goes_idle_is_charged_from_its_wake_on()
    {
        bool woken = false;
        long runtime = 0;
        int late = 0;
        Interleaving.AtEachPoint(
            () =>
            {
                SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });
                Races.Started(system);
                system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle, 2);
                system.RunPendingWork();
                return system;
            },
            system => system.Syscall(1, SystemCall.Park, Word),
            system =>
            {
                Thread* sleeper = system.ThreadOf(0, Races.Handle);
                system.Advance(1000);
                woken = system.Syscall(0, SystemCall.Unpark, Word, 1).Value == 1;
                runtime = sleeper->Ledger.Runtime.Nanoseconds;
            },
            system =>
            {
                if (woken)
                {
                    system.RunPendingWork();
                    Assert.Equal((nint)system.ThreadOf(0, Races.Handle), (nint)system.Cpu(1)->Current);
                    system.Advance(500);
                    system.Syscall(1, SystemCall.Yield);
                    Assert.InRange(system.ThreadOf(0, Races.Handle)->Ledger.Runtime.Nanoseconds - runtime, 0, 500);
                    late++;
                }
            });
        Assert.NotEqual(0, late);
    }

    [Fact]
    public void Time_without_a_thread_is_idle_and_time_in_interrupts_the_kernels()
    {
        _system.Advance(400);
        _system.NewThread(0);
        _system.ClockStep = 10;
        _system.DeliverIpi(1);
        _system.ClockStep = 0;
        ulong idle = _system.Cpu(1)->Counters[Counter.IdleNs];
        Assert.True(idle >= 400);
        Assert.True(_system.Cpu(1)->Counters[Counter.KernelNs] > 0);
        Assert.Equal((ulong)_system.Cpu(1)->AccountedUntil.Nanoseconds, idle + _system.Cpu(1)->Counters[Counter.KernelNs]);
    }

    [Fact]
    public void A_thread_that_always_sleeps_before_the_timer_fires_is_charged_in_full()
    {
        Thread* thread = _system.Cpu(0)->Current;
        long before = thread->Ledger.Runtime.Nanoseconds;
        for (int i = 0; i < 10; i++)
        {
            _system.Advance(99);
            _system.Syscall(0, SystemCall.SleepUntil, (ulong)_system.Clock + 1);
            _system.Advance(1);
            _system.FireTimer(0);
        }

        Assert.Equal(before + 990, thread->Ledger.Runtime.Nanoseconds);
    }

    [Fact]
    public void The_ledgers_of_the_living_and_the_dead_sum_up_to_what_the_cpus_gave()
    {
        _system.ClockStep = 3;
        for (int i = 0; i < 5; i++)
        {
            _system.StartThread(0);
            _system.RunPendingWork();
            _system.Advance(17);
            _system.Syscall(1, SystemCall.ThreadExit);
        }

        Process* process = _system.ProcessOn(0);
        long living = _system.Threads.Where(thread => SimulatedSystem.StateOf((Thread*)thread).Location != ThreadLocation.Dead)
            .Sum(thread => ((Thread*)thread)->Ledger.Runtime.Nanoseconds);
        Assert.Equal((long)_system.Total(Counter.RuntimeNs), living + process->EndedThreadsLedger.Runtime.Nanoseconds);
        Assert.Equal(5ul, process->EndedThreadsLedger.Switches);
    }
}
