using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Priority;

/// <summary>
/// The priority policy of one CPU: a list for each of 256 levels, and a bit for each list that has someone, so that the
/// highest is found in a bounded handful of instructions. Under the run queue's lock.
/// </summary>
public unsafe partial struct PriorityLevels
{
    private const int Words = 4;
    private const int Levels = 64 * Words;

    // Bit n: some level of word n has someone.
    private ulong _summary;
    private fixed ulong _bits[Words];
    private Lists _lists;

    [StructLayout(LayoutKind.Sequential, Size = Levels * 16)]
    private struct Lists
    {
        public ThreadList First;
    }

    /// <summary>The next to run: the first of the highest level that has someone; or null.</summary>
    public Thread* First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            int top = HighestLevel;
            return top < 0 ? null : ListAt((uint)top)->First;
        }
    }

    /// <summary>The highest level that has someone; -1 if none has.</summary>
    public int HighestLevel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (_summary == 0)
            {
                return -1;
            }

            int word = BitOperations.Log2(_summary);
            return (64 * word) + BitOperations.Log2(_bits[word]);
        }
    }

    /// <summary>The threads of a level. A caller that changes the list leaves at least one in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ThreadList* ListAt(uint level) => (ThreadList*)Unsafe.AsPointer(ref _lists.First) + level;

    /// <summary>Who is looked at after a thread of a level: the next in its list, or the first of the next lower level that
    /// has someone; or null.</summary>
    public Thread* After(Thread* thread) =>
        thread->QueueNext != null ? thread->QueueNext : FirstBelow((int)thread->Priority);

    /// <summary>Adds a thread behind the others of its level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(Thread* thread)
    {
        ListAt(thread->Priority)->Append(thread);
        SetLevelBit(thread->Priority);
    }

    /// <summary>Adds a thread before the others of its level: who was preempted is the first to go on.</summary>
    public void Prepend(Thread* thread)
    {
        ListAt(thread->Priority)->Prepend(thread);
        SetLevelBit(thread->Priority);
    }

    /// <summary>Takes a thread out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread)
    {
        ThreadList* list = ListAt(thread->Priority);
        list->Remove(thread);
        if (list->First == null)
        {
            ClearLevelBit(thread->Priority);
        }
    }

    private void SetLevelBit(uint level)
    {
        _bits[level >> 6] |= 1ul << (int)level;
        _summary |= 1ul << (int)(level >> 6);
    }

    private void ClearLevelBit(uint level)
    {
        _bits[level >> 6] &= ~(1ul << (int)level);
        if (_bits[level >> 6] == 0)
        {
            _summary &= ~(1ul << (int)(level >> 6));
        }
    }

    private Thread* FirstBelow(int level)
    {
        int word = level >> 6;
        ulong bits = _bits[word] & ((1ul << (level & 63)) - 1);
        while (bits == 0)
        {
            if (word == 0)
            {
                return null;
            }

            word--;
            bits = _bits[word];
        }

        return ListAt((uint)((64 * word) + BitOperations.Log2(bits)))->First;
    }
}
