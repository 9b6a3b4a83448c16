using Lachesis.Abi;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>A thread enters an honest ring: what it took, and why no more, when it comes back at once.</summary>
internal sealed unsafe class RingEntry(SimulatedSystem system, ProgramRing ring, ulong most)
{
    private readonly ulong _most = ulong.Min(most, RingLayout.MaxEntries);
    private readonly ulong _tail = ring.Header->SubmissionTail;
    private readonly ulong _head = ring.Header->SubmissionHead;
    private readonly ulong _overflows = ring.Header->Overflows;

    /// <summary>Throws unless that is what the call gave. The ring may be gone by now, and its memory another one's.</summary>
    public void Check(SimulatedSystem.CallResult result)
    {
        if (!ring.IsHonest || result.Error != Error.None || system.Rings.Of(ring.KernelRing) != ring)
        {
            return;
        }

        ulong head = ring.Header->SubmissionHead;
        Require(result.Value <= _most && result.Value <= head - _head, "more is taken from a ring than was asked for");
        bool alone = system.Interleaver == null;
        Require(!alone || result.Value == head - _head, "a thread took another number of requests than it was told");
        for (ulong at = _head; alone && at != head && at + 1 != head; at++)
        {
            Require(!ring.Stopped(at), "a request failed that was to be the last, and others followed");
        }

        bool wanted = result.Value < _most && (long)(_tail - head) > 0;
        bool excused = ring.MayStopChain(_head, head) || ring.Header->Overflows != _overflows;
        Require(!wanted || excused, "requests are left in a ring, and it is not said why");
    }
}
