using System;
using Lachesis.Abi;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>
/// Holds what a fair queue picks against the definition: of all eligible threads, the one of the earliest deadline. Looks at every
/// thread, in 128 bits. Between two looks there was one kernel entry.
/// </summary>
/// <remarks>
/// When nobody ran any more, at the end of a slice, and at a yield (the yielder left out). At a wake and a handoff other rules
/// decide as well. Not while a policy comes into force: who is still queued under the old one runs before it is placed under the
/// new one; nor if a thread was pushed away in the same entry, which may move V past the one that was picked before.
/// </remarks>
internal sealed unsafe class PickWatch
{
    // New weights, which come into force in the same entry after a yield, leave V where it was but for what is rounded off.
    private const int VirtualSlack = 2;

    private int _entries;
    private Cpu* _cpu;
    private Thread* _before;
    private bool _sliceOver;
    private ulong _yields;
    private ulong _switches;
    private ulong _steals;
    private ulong _blocked;
    private bool _strays;
    private ulong _pushes;

    /// <summary>Whether there was one entry since the last look, so that nothing happened in the middle of another.</summary>
    public bool IsOneEntry => _entries == 1;

    /// <summary>A CPU enters the kernel, at an instant of its clock, perhaps because its timer fired.</summary>
    public void Entered(Cpu* cpu, long at, bool byTimer)
    {
        _entries++;
        _cpu = cpu;
        _before = cpu->Current;
        _steals = cpu->Counters[Counter.StealsWon];
        _sliceOver = byTimer && _before != null && _before->SliceEnd.Nanoseconds <= at;
        _pushes = cpu->Counters[Counter.BalancePushes];
        _strays = cpu->RunQueue.HasOldPolicyThreads || cpu->RequestedPolicy != (ulong)cpu->RunQueue.Policy;
        _blocked = BlockedOf(&cpu->Kernel->Threads);
        _yields = _before == null ? 0 : _before->Ledger.Yields;
        _switches = _before == null ? 0 : _before->Ledger.Switches;
    }

    /// <summary>No CPU is in the kernel, and none was in the middle of another's entry.</summary>
    public void Check()
    {
        int entries = _entries;
        _entries = 0;
        bool pushed = _cpu != null && _cpu->Counters[Counter.BalancePushes] != _pushes;
        if (entries != 1 || _strays || pushed || _cpu->Current == null || _cpu->RunQueue.Policy != SchedulingPolicy.Fair)
        {
            return;
        }

        Thread* now = _cpu->Current;
        bool stays = now == _before && now->Ledger.Switches == _switches;
        bool yields = _before != null && SimulatedSystem.StateOf(_before).Location != ThreadLocation.Dead && _before->Ledger.Yields != _yields;
        if (stays)
        {
            Require(!yields || Earliest(except: null) == null, "a thread yielded, another one is eligible, and it goes on");
            CheckStays(now);
        }
        else if (yields || (_sliceOver && IsQueuedHere(_before)))
        {
            CheckPicked(now, yields ? _before : null);
        }
        else if (now != _before && !IsQueuedHere(_before) && _cpu->Counters[Counter.StealsWon] == _steals)
        {
            // Whoever was blocked may have been handed the CPU by the one that blocked: then it need not be the earliest.
            bool handed = (_blocked >> (int)now->Header.Index & 1) != 0;
            Require(!handed || IsEligibleWithin(now, VirtualSlack), "a thread was handed the cpu that is not eligible");
            if (!handed)
            {
                CheckPicked(now, except: null);
            }
        }
    }

    // The threads that are blocked, by their indices.
    private static ulong BlockedOf(Pool* threads)
    {
        ulong blocked = 0;
        for (uint i = 0; i < threads->HighWaterMark; i++)
        {
            bool waits = SimulatedSystem.StateOf((Thread*)threads->At(i)).Location == ThreadLocation.Blocked;
            blocked |= waits ? 1ul << (int)i : 0;
        }

        return blocked;
    }

    // On a tie it is the turn of whoever waited.
    private void CheckStays(Thread* now)
    {
        Thread* other = _sliceOver ? Earliest(except: null) : null;
        Require(
            other == null || (IsEligibleWithin(now, VirtualSlack) && now->Fair.Deadline - other->Fair.Deadline < 0),
            "a slice is over, an eligible thread has the earlier deadline, and it does not run");
    }

    private void CheckPicked(Thread* now, Thread* except)
    {
        Thread* other = Earliest(except);
        Require(IsEligibleWithin(now, VirtualSlack), "a thread was picked that is not eligible");
        Require(
            other == null || now->Fair.Deadline - other->Fair.Deadline <= 0,
            "a thread was picked, and an eligible one has an earlier deadline");
    }

    private bool IsQueuedHere(Thread* thread)
    {
        if (thread == null)
        {
            return false;
        }

        ThreadState state = SimulatedSystem.StateOf(thread);
        return state.Location == ThreadLocation.Queued && state.Cpu == _cpu->Id;
    }

    // Of the eligible ones that are queued.
    private Thread* Earliest(Thread* except)
    {
        Thread* earliest = null;
        FairQueue* queue = &_cpu->RunQueue.Fair;
        for (Thread* thread = queue->Tree->First; thread != null; thread = DeadlineTree.Next(thread))
        {
            bool earlier = earliest == null || thread->Fair.Deadline - earliest->Fair.Deadline < 0;
            earliest = thread != except && earlier && IsEligibleWithin(thread, -VirtualSlack) ? thread : earliest;
        }

        return earliest;
    }

    // Whether it is eligible, or would be if V were a little greater.
    private bool IsEligibleWithin(Thread* thread, int slack)
    {
        Int128 moment = FairInvariants.WeightedSum(&_cpu->RunQueue.Fair, thread->Fair.VirtualRuntime.Value, out Int128 weight);
        return moment + (slack * weight) >= 0;
    }
}
