using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for rings: whose they are, how far the kernel has come with each, and what it shows of that.</summary>
internal static unsafe class RingInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        foreach (nint at in system.Walk.Threads)
        {
            CheckThread((Thread*)at);
        }

        foreach (nint at in system.Walk.Rings)
        {
            Ring* ring = (Ring*)at;
            CheckCounts(ring);
            CheckOwner(system, ring);
            system.Rings.Check(ring);
            if (system.Rings.Of(ring) is { } known)
            {
                CheckShown(system, ring, known);
            }
        }
    }

    private static void CheckThread(Thread* thread)
    {
        Ring* ring = thread->Context.Ring;
        ThreadState state = SimulatedSystem.StateOf(thread);
        Require(ring == null || state.Location != ThreadLocation.Dead, "a thread has ended and is at a ring");
        Require(ring == null || ring->Owner == (ulong)thread, "a thread is at a ring that is not its own");
        bool marked = thread->Context.ResumeMode == UserContext.InRing && state.Location != ThreadLocation.Dead;
        Require(marked == (ring != null), "a thread is at a ring and not marked so, or the other way round");
        bool blocked = ring != null && state.Location == ThreadLocation.Blocked;
        Require(!blocked || ring->SubmissionHead != ring->CompletionTail, "a thread waits in a ring and not in a request");
    }

    private static void CheckCounts(Ring* ring)
    {
        ulong begun = ring->SubmissionHead - ring->CompletionTail;
        Require(begun <= (ring->Owner == 0 ? 0ul : 1), "a request was taken from a ring and not completed");
        bool within = ring->SubmissionHead - ring->StartHead <= RingLayout.MaxEntries && ring->HeadLimit - ring->SubmissionHead <= RingLayout.MaxEntries;
        Require(ring->Owner == 0 || within, "more is taken from a ring than was asked for");
    }

    private static void CheckOwner(SimulatedSystem system, Ring* ring)
    {
        Thread* owner = (Thread*)ring->Owner;
        if (owner == null)
        {
            return;
        }

        Require(system.Walk.WasVisited(owner, VisitKind.InUse), "a ring is owned by a thread whose slot is free");
        Require(owner->Context.Ring == ring, "a ring is owned by a thread that is not at it");
        Process* process = system.Kernel->ProcessOf(ring->Process);
        Require(process == owner->Process, "a ring is owned by a thread of another process");
        Require(process->Phase < ProcessPhase.FreeingMemory, "a thread is at a ring whose memory is gone");
    }

    // What programs see of it. Where they write over it, or another ring does, they see anything.
    private static void CheckShown(SimulatedSystem system, Ring* ring, ProgramRing known)
    {
        Require(
            known.IsShared || (long)(known.MaxSubmissionTail - ring->SubmissionHead) >= 0,
            "the kernel took a request from a ring that nobody submitted");
        Process* process = system.Kernel->ProcessOf(ring->Process);
        if (!known.IsHonest || process == null || process->Phase >= ProcessPhase.FreeingMemory)
        {
            return;
        }

        RingHeader* header = known.Header;
        Require(header->SubmissionHead == ring->SubmissionHead, "a ring does not show which requests were taken");
        Require(header->CompletionTail == ring->CompletionTail, "a ring does not show which requests were completed");
        Require(
            header->CompletionTail - header->CompletionHead <= ring->CompletionMask + 1,
            "a completion was written over that nobody has read");
        for (ulong at = header->CompletionHead; at != header->CompletionTail; at++)
        {
            known.CheckCompletion(system, at);
        }
    }
}
