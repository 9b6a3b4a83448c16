using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

/// <summary>Waking for another CPU under the fair policy: who is interrupted, and who makes way.</summary>
public sealed unsafe class FairWakeTests
{
    private const ulong Word = SimulatedSystem.DataAddress;
    private const uint Request = 1_000_000;
    private const ulong Sleeper = Races.Handle + 2;

    [Theory]
    [InlineData(Request - 1000, true)]
    [InlineData(Request, false)]
    [InlineData(Request + 1000, false)]
    public void A_busy_cpu_is_interrupted_for_a_shorter_request_alone(uint request, bool interrupts)
    {
        using SimulatedSystem system = Prepared(request);
        ulong sent = system.Total(Counter.ReschedulesSent);
        ulong suppressed = system.Total(Counter.ReschedulesSuppressed);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal(interrupts, system.HasInterrupt(1));
        Assert.Equal(sent + (interrupts ? 1ul : 0), system.Total(Counter.ReschedulesSent));
        Assert.Equal(suppressed + (interrupts ? 0ul : 1), system.Total(Counter.ReschedulesSuppressed));
        Assert.Equal(ThreadLocation.Inbox, SimulatedSystem.StateOf(system.ThreadOf(0, Sleeper)).Location);
    }

    [Fact]
    public void A_shorter_request_preempts_at_the_interrupt()
    {
        using SimulatedSystem system = Prepared(200_000);
        Thread* hog = system.Cpu(1)->Current;
        system.Advance(50_000);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        ulong before = hog->Ledger.Preemptions;
        system.DeliverIpi(1);
        Assert.True(system.Cpu(1)->Current == system.ThreadOf(0, Sleeper));
        Assert.Equal(before + 1, hog->Ledger.Preemptions);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(hog).Location);
    }

    [Fact]
    public void A_wake_without_an_interrupt_is_seen_at_the_end_of_the_slice()
    {
        using SimulatedSystem system = Prepared(Request);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        long slice = system.Cpu(1)->Current->SliceEnd.Nanoseconds;
        Assert.True(system.TimerOf(1).Nanoseconds <= slice);
        system.Advance(slice - system.Clock);
        system.FireTimer(1);
        Assert.NotEqual(ThreadLocation.Inbox, SimulatedSystem.StateOf(system.ThreadOf(0, Sleeper)).Location);
    }

    [Fact]
    public void A_short_burst_counts_as_a_short_request()
    {
        using SimulatedSystem system = Prepared(Request, FairFeatures.All);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.True(system.HasInterrupt(1));
    }

    [Fact]
    public void A_request_that_was_shortened_while_asleep_counts()
    {
        using SimulatedSystem system = Prepared(Request);
        Schedule(system, Sleeper, SchedulingParameter.SliceNs, 150_000);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.True(system.HasInterrupt(1));
    }

    [Fact]
    public void A_request_that_the_running_thread_shortened_counts()
    {
        using SimulatedSystem system = Prepared(Request - 1000);
        foreach (ulong hog in (ulong[])[Races.Handle, Races.Handle + 1])
        {
            Schedule(system, hog, SchedulingParameter.SliceNs, 150_000);
        }

        // In force since it made a new request.
        system.RunPendingWork();
        for (int i = 0; i < 4; i++)
        {
            system.Advance(system.Cpu(1)->Current->SliceEnd.Nanoseconds - system.Clock);
            system.RunPendingWork();
        }

        system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.False(system.HasInterrupt(1));
    }

    // CPU 0 runs the first thread. On CPU 1 two hogs take turns, so that it has a slice timer and asks for no interrupts; a
    // third thread, of the given request, has parked there and is owed nothing.
    private static SimulatedSystem Prepared(uint request, FairFeatures features = FairFeatures.RunToParity)
    {
        SimulatedSystem system = SimulatedSystem.Running(
            new SystemShape { Cpus = 2, Policy = SchedulingPolicy.Fair, Features = features });
        for (ulong handle = Races.Handle; handle <= Sleeper; handle++)
        {
            Assert.Equal(handle, system.CreateThread(0));
            system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 2);
            Schedule(system, handle, SchedulingParameter.SliceNs, handle == Sleeper ? request : Request);
        }

        system.Syscall(0, SystemCall.ThreadStart, Sleeper);
        system.RunPendingWork();
        system.Syscall(1, SystemCall.Park, Word);
        system.Syscall(0, SystemCall.ThreadStart, Races.Handle);
        system.RunPendingWork();
        system.Syscall(0, SystemCall.ThreadStart, Races.Handle + 1);
        system.RunPendingWork();
        Assert.Equal((1ul, 0ul), (system.Cpu(1)->RunQueue.Count, system.Cpu(1)->NeedsRescheduleIpi));
        Assert.False(system.HasInterrupt(1));
        return system;
    }

    private static void Schedule(SimulatedSystem system, ulong handle, SchedulingParameter parameter, ulong value) =>
        system.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)parameter, value);
}
