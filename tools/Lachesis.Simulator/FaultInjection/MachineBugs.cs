using Lachesis.Core.Check;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Simulator;

/// <summary>The mistakes of the simulated machine (<see cref="Bug"/>), each where it would have been made.</summary>
internal static unsafe class MachineBugs
{
    /// <summary>The mistake that the core is to make for this one.</summary>
    public static SeededBug InCore(Bug bug) => bug switch
    {
        Bug.SkippedCharge => SeededBug.SkippedCharge,
        Bug.ReusedGeneration => SeededBug.ReusedGeneration,
        Bug.UnclampedLag => SeededBug.UnclampedLag,
        Bug.DroppedOldPolicyThread => SeededBug.DroppedOldPolicyThread,
        Bug.UnscaledLag => SeededBug.UnscaledLag,
        Bug.OrphanedChildren => SeededBug.OrphanedChildren,
        Bug.UnlockedRevoke => SeededBug.UnlockedRevoke,
        Bug.StaleBoundReceive => SeededBug.StaleBoundReceive,
        Bug.StaleCaller => SeededBug.StaleCaller,
        Bug.StaleHandoffGeneration => SeededBug.StaleHandoffGeneration,
        Bug.UnrestoredRegister => SeededBug.UnrestoredRegister,
        Bug.RereadRequest => SeededBug.RereadRequest,
        Bug.EarlyCompletion => SeededBug.EarlyCompletion,
        Bug.CompletionOverrun => SeededBug.CompletionOverrun,
        Bug.LeakedRing => SeededBug.LeakedRing,
        Bug.UnlockedCapabilitySpace => SeededBug.UnlockedCapabilitySpace,
        _ => SeededBug.None,
    };

    /// <summary>Between the read and the write of what should be one operation.</summary>
    public static void TearExchange(SimulatedSystem system, Bug bug)
    {
        if (system.Bug == bug)
        {
            system.Interleaver?.Point(Access.Store);
        }
    }

    /// <summary>Whether fences are missing.</summary>
    public static bool DropsFence(SimulatedSystem system) => system.Bug == Bug.MissingFence;

    /// <summary>Whether an interrupt is not sent that should be.</summary>
    public static bool SuppressesInterrupt(SimulatedSystem system, uint target) =>
        system.Bug == Bug.SuppressedInterrupt && !system.IsOutside(target);

    /// <summary>What a parker reads, its queue's lock held.</summary>
    public static void Park(SimulatedSystem system, Cpu* cpu, ref uint value)
    {
        if (system.Bug == Bug.LostWakeup)
        {
            value = system.ParkedValueOf(cpu->Id);
        }
        else if (system.Bug == Bug.LockOrderInversion)
        {
            cpu->Current->Process->Lock.Acquire<SimulatedMachine>(cpu, LockRank.Process);
            cpu->Current->Process->Lock.Release<SimulatedMachine>(cpu, LockRank.Process);
        }
    }
}
