using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

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
    private const ulong Nibble = 15;
    private const ulong EveryNibble = 0x1111_1111_1111_1111;
    private const ulong Unordered = 0xFEDC_BA98_7654_3210;

    /// <summary>Slots by rank: four bits each, the first entry's lowest. Behind the last entry's come the free slots.</summary>
    public ulong Order;

    /// <summary>The node above, or null. While free: the next free node.</summary>
    public DeadlineNode* Parent;

    /// <summary>Its slot there.</summary>
    public uint Slot;

    /// <summary>How many entries it has.</summary>
    public int Count;

    /// <summary>The slots with entries, a bit each.</summary>
    public uint Used;

    /// <summary>How many levels are below. 0: its entries are threads.</summary>
    public uint Level;

    private fixed long _padding[4];

    /// <summary>Threads: their deadlines. Nodes: one that no thread below precedes and none of the branch before
    /// exceeds; of the first, anything.</summary>
    public fixed long Deadlines[Capacity];

    /// <summary>Threads: their virtual runtimes. Nodes: the least below; see <see cref="DeadlineTree"/>.</summary>
    public fixed long Least[Capacity];

    /// <summary>The threads or nodes.</summary>
    public fixed ulong Below[Capacity];

    /// <summary>Whether it has no room.</summary>
    public readonly bool IsFull => Count == Capacity;

    /// <summary>Makes it a node without entries.</summary>
    public void Clear(uint level)
    {
        Order = Unordered;
        Parent = null;
        Slot = 0;
        Count = 0;
        Used = 0;
        Level = level;
    }

    /// <summary>The slot of the entry of that rank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint SlotAt(int rank) => (uint)((Order >> (rank * NibbleBits)) & Nibble);

    /// <summary>The thread of that rank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Thread* ThreadAt(int rank) => (Thread*)Below[SlotAt(rank)];

    /// <summary>The node of that rank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly DeadlineNode* NodeAt(int rank) => (DeadlineNode*)Below[SlotAt(rank)];

    /// <summary>The deadline of that rank.</summary>
    public readonly long DeadlineAt(int rank) => Deadlines[SlotAt(rank)];

    /// <summary>The rank of the entry in a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int RankOf(uint slot) => BitOperations.TrailingZeroCount(Digit(slot)) / NibbleBits;

    /// <summary>A node of threads: how many deadlines do not exceed one, which is the rank that a thread of that deadline has
    /// behind its equals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RankBehind(DeadlineNode* node, VirtualTime deadline) =>
        node->Count - BitOperations.PopCount(Later(node->Deadlines, deadline.Value) & node->Used);

    /// <summary>A node of nodes: the slot of the branch that a thread of that deadline belongs to, behind its equals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint BranchFor(DeadlineNode* node, VirtualTime deadline)
    {
        // Whatever no other branch has begun before belongs to the first, whose own beginning says nothing.
        uint others = node->Used & ~(1u << (int)(node->Order & Nibble));
        uint later = Later(node->Deadlines, deadline.Value) & others;

        // Counted from the last one, whose digit is brought to the top before it is known how many.
        ulong order = node->Order << ((Capacity - node->Count) * NibbleBits);
        return (uint)((order << (BitOperations.PopCount(later) * NibbleBits)) >> 60);
    }

    /// <summary>The least runtime of a branch is that one at most. Without a branch of the program.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void LowerLeast(uint slot, long runtime)
    {
        long less = runtime - Least[slot];
        Least[slot] += less & (less >> 63);
    }

    /// <summary>Adds an entry; there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint InsertAt(int rank, long deadline, long least, void* below)
    {
        // The last digit is a free slot: it comes in at its rank, all behind move up.
        ulong before = (1ul << (rank * NibbleBits)) - 1;
        ulong slot = Order >> 60;
        Order = (Order & before) | (slot << (rank * NibbleBits)) | ((Order & ~before) << NibbleBits);
        Fill((uint)slot, deadline, least, below);
        return (uint)slot;
    }

    /// <summary>Adds an entry behind all; there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Append(long deadline, long least, void* below)
    {
        uint slot = SlotAt(Count);
        Fill(slot, deadline, least, below);
        return slot;
    }

    /// <summary>Takes out the first entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RemoveFirst()
    {
        Used &= ~(1u << (int)(Order & Nibble));
        Order = (Order >> NibbleBits) | (Order << 60);
        Count--;
    }

    /// <summary>Takes out the entry in a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(uint slot)
    {
        ulong before = (Digit(slot) >> (NibbleBits - 1)) - 1;
        Order = (Order & before) | ((Order >> NibbleBits) & ~before) | ((ulong)slot << 60);
        Used &= ~(1u << (int)slot);
        Count--;
    }

    /// <summary>A full node's later half becomes the entries of a node that has none, in its first slots. Gives the least of their
    /// least runtimes.</summary>
    public static long GiveHalf(DeadlineNode* full, DeadlineNode* to)
    {
        const int half = Capacity / 2;
        ulong order = full->Order >> (half * NibbleBits);
        uint given = 0;
        long least = full->Least[order & Nibble];
        for (int rank = 0; rank < half; rank++)
        {
            uint slot = (uint)(order & Nibble);
            order >>= NibbleBits;
            given |= 1u << (int)slot;
            long runtime = full->Least[slot];
            long less = runtime - least;
            least += less & (less >> 63);
            to->Deadlines[rank] = full->Deadlines[slot];
            to->Least[rank] = runtime;
            to->Below[rank] = full->Below[slot];
        }

        to->Count = half;
        to->Used = (1u << half) - 1;
        full->Count = half;
        full->Used &= ~given;
        return least;
    }

    /// <summary>Keeps so many entries, the first ones.</summary>
    public void Truncate(int count)
    {
        for (int rank = count; rank < Count; rank++)
        {
            Used &= ~(1u << (int)SlotAt(rank));
        }

        Count = count;
    }

    /// <summary>The rank of the first entry, from <paramref name="rank"/> on, whose least runtime does not exceed a limit;
    /// <see cref="Count"/> if there is none.</summary>
    public readonly int RankUpTo(VirtualTime limit, int rank)
    {
        while (rank < Count && Least[SlotAt(rank)] - limit.Value > 0)
        {
            rank++;
        }

        return rank;
    }

    /// <summary>The least of its entries' least runtimes. It has entries.</summary>
    public readonly long LeastOfAll()
    {
        long least = Least[SlotAt(0)];
        for (int rank = 1; rank < Count; rank++)
        {
            long less = Least[SlotAt(rank)] - least;
            least += less & (less >> 63);
        }

        return least;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Fill(uint slot, long deadline, long least, void* below)
    {
        Used |= 1u << (int)slot;
        Count++;
        Deadlines[slot] = deadline;
        Least[slot] = least;
        Below[slot] = (ulong)below;
    }

    // Which slots hold a later deadline, a bit each, used or not. It looks at all of them, as a loop that ends early costs more
    // than it saves: its end is a branch that cannot be predicted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Later(long* deadlines, long than)
    {
        uint low = LaterOfFour(deadlines, than) | LaterOfFour(deadlines + 4, than) << 4;
        uint high = LaterOfFour(deadlines + 8, than) | LaterOfFour(deadlines + 12, than) << 4;
        return low | high << 8;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint LaterOfFour(long* deadlines, long than) =>
        (uint)((ulong)(than - deadlines[0]) >> 63) + (2 * (uint)((ulong)(than - deadlines[1]) >> 63))
        + (4 * ((uint)((ulong)(than - deadlines[2]) >> 63) + (2 * (uint)((ulong)(than - deadlines[3]) >> 63))));

    // The digit that names a slot, as its highest bit: it differs in nothing, so it alone, or one above it, borrows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong Digit(uint slot)
    {
        ulong others = Order ^ (slot * EveryNibble);
        ulong equal = (others - EveryNibble) & ~others & (EveryNibble << (NibbleBits - 1));
        return equal & (0 - equal);
    }
}
