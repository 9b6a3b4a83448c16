using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

/// <summary>The fair policy in a whole system.</summary>
public sealed unsafe class FairTests
{
    private const ulong Word = SimulatedSystem.DataAddress;

    [Fact]
    public void A_hog_that_naps_is_not_forgiven_on_another_cpu_either()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 2, Policy = SchedulingPolicy.Fair });
        Races.Started(system);
        Thread* hog = system.ThreadOf(0, Races.Handle);
        Thread* other = PinnedToOne(system, Races.Handle + 1);
        system.Advance(800_000);
        system.Syscall(1, SystemCall.Park, Word);
        Assert.Equal((nint)other, (nint)system.Cpu(1)->Current);
        Assert.Equal(-400_000, hog->Fair.Lag);

        // The other one, 800 us behind when it left, comes to within 200: with the hog still there, V would be 100 behind it.
        system.Advance(600_000);
        system.Syscall(1, SystemCall.LedgerRead, BootHandle.Process, (ulong)LedgerScope.Process, 0, Word + 1024);
        Assert.Equal(-200_000, system.Cpu(1)->RunQueue.Fair.ZeroLag() - hog->Fair.VirtualRuntime);
        system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle, 1);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal((nint)hog, (nint)system.Cpu(0)->RunQueue.First);
        Assert.Equal(-100_000, hog->Fair.Lag);
    }

    [Theory]
    [InlineData(1024, 2_000_000)]
    [InlineData(3072, 3_000_000)]
    public void Shares_go_by_weight(ulong weight, long expected)
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Policy = SchedulingPolicy.Fair, SliceNs = 100_000 });
        Thread* thread = system.NewThread(0);
        system.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, Races.Handle, 0, weight);
        long end = system.Clock + 4_000_000;
        while (system.AdvanceToNextEvent(new Instant(end)))
        {
        }

        Assert.InRange(thread->Ledger.Runtime.Nanoseconds, expected - 200_000, expected + 200_000);
    }

    private static Thread* PinnedToOne(SimulatedSystem system, ulong handle)
    {
        Assert.Equal(handle, system.CreateThread(0));
        system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 2);
        system.Syscall(0, SystemCall.ThreadStart, handle);
        system.RunPendingWork();
        return system.ThreadOf(0, handle);
    }
}
