using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Objects;
using Lachesis.Core.Rings;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>Knows the rings that programs have made, and how far the kernel has come with each: it never goes back.</summary>
internal sealed unsafe class RingWatch(SimulatedSystem system)
{
    private readonly List<ProgramRing> _made = [];
    private readonly Dictionary<uint, (uint Generation, ulong Taken, ulong Completed)> _seen = [];

    /// <summary>A program has made a ring; its counts begin where they are now.</summary>
    public void OnCreated(ProgramRing ring)
    {
        OnCountsReset(ring.KernelRing);
        _made.RemoveAll(made => !IsAlive(made));
        _made.Add(ring);
    }

    /// <summary>Somebody has let the counts of a ring stand elsewhere.</summary>
    public void OnCountsReset(Ring* ring) => _seen.Remove(ring->Header.Index);

    /// <summary>A program is about to make a ring of its process there; gives whether others lie in that memory. Then nothing is
    /// known of those any more.</summary>
    public bool OnMemoryReused(ObjectRef process, ulong address)
    {
        List<ProgramRing> under = Of(process).FindAll(ring =>
            ring.Address < address + RingLayout.Bytes && address < ring.Address + RingLayout.Bytes);
        under.ForEach(static ring => ring.StopTracking());
        return under.Count != 0;
    }

    /// <summary>The program's side of a ring, or null if no program told of it.</summary>
    public ProgramRing? Of(Ring* ring) => _made.Find(made => made.KernelRing == ring && IsAlive(made));

    /// <summary>Those of a process.</summary>
    public List<ProgramRing> Of(ObjectRef process) => _made.FindAll(made => IsAlive(made)
        && made.KernelRing->Process.Index == process.Index && made.KernelRing->Process.Generation == process.Generation);

    /// <summary>Throws if the kernel is less far with a ring than it was. No CPU is in the kernel.</summary>
    public void Check(Ring* ring)
    {
        (uint generation, ulong taken, ulong completed) = _seen.GetValueOrDefault(ring->Header.Index);
        bool back = (long)(ring->SubmissionHead - taken) < 0 || (long)(ring->CompletionTail - completed) < 0;
        Require(generation != ring->Header.Generation || !back, "the kernel went back in a ring");
        _seen[ring->Header.Index] = (ring->Header.Generation, ring->SubmissionHead, ring->CompletionTail);
    }

    /// <summary>Memory of a process is about to be freed: throws if the kernel may still touch it for a ring.</summary>
    public void CheckFreed(ulong root)
    {
        var inUse = new List<nint>();
        ((PoolSlots*)&system.Kernel->Rings)->InUse(inUse);
        foreach (nint at in inUse)
        {
            Ring* ring = (Ring*)at;
            Require(
                ring->Owner == 0 || ((Core.Threads.Thread*)ring->Owner)->Process->PageTableRoot != root,
                "memory is freed while a thread is at a ring in it");
        }
    }

    private bool IsAlive(ProgramRing ring) => system.Kernel->PoolOf(ObjectKind.Ring)->Resolve(ring.Ref) != null;
}
