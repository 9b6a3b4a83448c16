using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Fair;

/// <summary>
/// A node of a <see cref="DeadlineTree"/>: up to <see cref="Capacity"/> entries, which are threads at the lowest level and nodes
/// above. Entries keep their slots; which comes when is told by a permutation of the slots in one word (as in Mao, Kohler
/// &amp; Morris, "Cache Craftiness for Fast Multicore Key-Value Storage", 2012), so that an insertion moves no entry.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 448)]
public unsafe struct DeadlineNode
{
    /// <summary>The most entries.</summary>
    public const int Capacity = 16;

    private const int NibbleBits = 4;
    private const ulong NibbleMask = 15;
    private const ulong EveryNibble = 0x1111_1111_1111_1111;
    private const ulong IdentityPermutation = 0xFEDC_BA98_7654_3210;

    /// <summary>Slots by rank: four bits each, the first entry's lowest. Behind the last entry's come the free slots.</summary>
    public ulong Permutation;

    /// <summary>The node above, or null. While free: the next free node.</summary>
    public DeadlineNode* Parent;

    /// <summary>Its slot there.</summary>
    public uint Slot;

    /// <summary>How many entries it has.</summary>
    public int Count;

    /// <summary>The slots with entries, a bit each.</summary>
    public uint UsedSlots;

    /// <summary>How many levels are below. 0: its entries are threads.</summary>
    public uint Height;

    private fixed long _padding[4];

    /// <summary>Threads: their deadlines. Nodes: one that no thread below precedes and none of the branch before
    /// exceeds; of the first, anything.</summary>
    public fixed long Deadlines[Capacity];

    /// <summary>Threads: their virtual runtimes. Nodes: the least below; see <see cref="DeadlineTree"/>.</summary>
    public fixed long MinRuntimes[Capacity];

    /// <summary>The threads or nodes.</summary>
    public fixed ulong Children[Capacity];

    /// <summary>Whether it has no room.</summary>
    public readonly bool IsFull => Count == Capacity;

    /// <summary>Makes it a node without entries.</summary>
    public void Clear(uint height)
    {
        Permutation = IdentityPermutation;
        Parent = null;
        Slot = 0;
        Count = 0;
        UsedSlots = 0;
        Height = height;
    }

    /// <summary>The slot of the entry of that rank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint SlotAt(int rank) => (uint)((Permutation >> (rank * NibbleBits)) & NibbleMask);

    /// <summary>The thread of that rank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Thread* ThreadAt(int rank) => (Thread*)Children[SlotAt(rank)];

    /// <summary>The node of that rank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly DeadlineNode* NodeAt(int rank) => (DeadlineNode*)Children[SlotAt(rank)];

    /// <summary>The deadline of that rank.</summary>
    public readonly long DeadlineAt(int rank) => Deadlines[SlotAt(rank)];

    /// <summary>The rank of the entry in a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int RankOf(uint slot) => BitOperations.TrailingZeroCount(NibbleHighBit(slot)) / NibbleBits;

    /// <summary>A node of threads: how many deadlines do not exceed one, which is the rank that a thread of that deadline has
    /// behind its equals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int UpperBound(DeadlineNode* node, VirtualTime deadline) =>
        node->Count - BitOperations.PopCount(LaterMask(node->Deadlines, deadline.Value) & node->UsedSlots);

    /// <summary>A node of nodes: the slot of the branch that a thread of that deadline belongs to, behind its equals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ChildSlotFor(DeadlineNode* node, VirtualTime deadline)
    {
        // Whatever no other branch has begun before belongs to the first, whose own beginning says nothing.
        uint others = node->UsedSlots & ~(1u << (int)(node->Permutation & NibbleMask));
        uint later = LaterMask(node->Deadlines, deadline.Value) & others;

        // Counted from the last one, whose digit is brought to the top before it is known how many.
        ulong order = node->Permutation << ((Capacity - node->Count) * NibbleBits);
        return (uint)((order << (BitOperations.PopCount(later) * NibbleBits)) >> 60);
    }

    /// <summary>The least runtime of a branch is that one at most. Without a branch of the program.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void LowerMinRuntime(uint slot, long runtime)
    {
        long less = runtime - MinRuntimes[slot];
        MinRuntimes[slot] += less & (less >> 63);
    }

    /// <summary>Adds an entry; there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint InsertAt(int rank, long deadline, long minRuntime, void* child)
    {
        // The last digit is a free slot: it comes in at its rank, all behind move up.
        ulong before = (1ul << (rank * NibbleBits)) - 1;
        ulong slot = Permutation >> 60;
        Permutation = (Permutation & before) | (slot << (rank * NibbleBits)) | ((Permutation & ~before) << NibbleBits);
        SetEntry((uint)slot, deadline, minRuntime, child);
        return (uint)slot;
    }

    /// <summary>Adds an entry behind all; there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Append(long deadline, long minRuntime, void* child)
    {
        uint slot = SlotAt(Count);
        SetEntry(slot, deadline, minRuntime, child);
        return slot;
    }

    /// <summary>Takes out the first entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RemoveFirst()
    {
        UsedSlots &= ~(1u << (int)(Permutation & NibbleMask));
        Permutation = (Permutation >> NibbleBits) | (Permutation << 60);
        Count--;
    }

    /// <summary>Takes out the entry in a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(uint slot)
    {
        ulong before = (NibbleHighBit(slot) >> (NibbleBits - 1)) - 1;
        Permutation = (Permutation & before) | ((Permutation >> NibbleBits) & ~before) | ((ulong)slot << 60);
        UsedSlots &= ~(1u << (int)slot);
        Count--;
    }

    /// <summary>A full node's later half becomes the entries of a node that has none, in its first slots. Gives the least of their
    /// least runtimes.</summary>
    public static long MoveUpperHalf(DeadlineNode* full, DeadlineNode* target)
    {
        const int half = Capacity / 2;
        ulong order = full->Permutation >> (half * NibbleBits);
        uint given = 0;
        long least = full->MinRuntimes[order & NibbleMask];
        for (int rank = 0; rank < half; rank++)
        {
            uint slot = (uint)(order & NibbleMask);
            order >>= NibbleBits;
            given |= 1u << (int)slot;
            long runtime = full->MinRuntimes[slot];
            long less = runtime - least;
            least += less & (less >> 63);
            target->Deadlines[rank] = full->Deadlines[slot];
            target->MinRuntimes[rank] = runtime;
            target->Children[rank] = full->Children[slot];
        }

        target->Count = half;
        target->UsedSlots = (1u << half) - 1;
        full->Count = half;
        full->UsedSlots &= ~given;
        return least;
    }

    /// <summary>Keeps so many entries, the first ones.</summary>
    public void Truncate(int count)
    {
        for (int rank = count; rank < Count; rank++)
        {
            UsedSlots &= ~(1u << (int)SlotAt(rank));
        }

        Count = count;
    }

    /// <summary>The rank of the first entry, from <paramref name="rank"/> on, whose least runtime does not exceed a limit;
    /// <see cref="Count"/> if there is none.</summary>
    public readonly int FirstRankUpTo(VirtualTime limit, int rank)
    {
        while (rank < Count && MinRuntimes[SlotAt(rank)] - limit.Value > 0)
        {
            rank++;
        }

        return rank;
    }

    /// <summary>The least of its entries' least runtimes. It has entries.</summary>
    public readonly long MinRuntime()
    {
        long least = MinRuntimes[SlotAt(0)];
        for (int rank = 1; rank < Count; rank++)
        {
            long less = MinRuntimes[SlotAt(rank)] - least;
            least += less & (less >> 63);
        }

        return least;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetEntry(uint slot, long deadline, long minRuntime, void* child)
    {
        UsedSlots |= 1u << (int)slot;
        Count++;
        Deadlines[slot] = deadline;
        MinRuntimes[slot] = minRuntime;
        Children[slot] = (ulong)child;
    }

    // Which slots hold a later deadline, a bit each, used or not. It looks at all of them, as a loop that ends early costs more
    // than it saves: its end is a branch that cannot be predicted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint LaterMask(long* deadlines, long deadline)
    {
        uint low = LaterMaskOfFour(deadlines, deadline) | LaterMaskOfFour(deadlines + 4, deadline) << 4;
        uint high = LaterMaskOfFour(deadlines + 8, deadline) | LaterMaskOfFour(deadlines + 12, deadline) << 4;
        return low | high << 8;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint LaterMaskOfFour(long* deadlines, long deadline) =>
        (uint)((ulong)(deadline - deadlines[0]) >> 63) + (2 * (uint)((ulong)(deadline - deadlines[1]) >> 63))
        + (4 * ((uint)((ulong)(deadline - deadlines[2]) >> 63) + (2 * (uint)((ulong)(deadline - deadlines[3]) >> 63))));

    // The digit that names a slot, as its highest bit: it differs in nothing, so it alone, or one above it, borrows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong NibbleHighBit(uint slot)
    {
        ulong others = Permutation ^ (slot * EveryNibble);
        ulong equal = (others - EveryNibble) & ~others & (EveryNibble << (NibbleBits - 1));
        return equal & (0 - equal);
    }
}
