using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Priority;

/// <summary>
/// The priority policy of one CPU: a list for each of 256 levels, and a bit for each list that has someone, so that the
/// highest is found in a bounded handful of instructions. Under the run queue's lock.
/// </summary>
public unsafe struct PriorityLevels
{
    private const int Words = 4;
    private const int Levels = 64 * Words;

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
        get
        {
            int level = Highest();
            return level < 0 ? null : ListAt((uint)level)->First;
        }
    }

    /// <summary>Who is looked at after a thread of a level: the next in its list, or the first of the next lower level that
    /// has someone; or null.</summary>
    public Thread* After(Thread* thread) =>
        thread->QueueNext != null ? thread->QueueNext : FirstBelow((int)thread->Priority);

    /// <summary>Adds a thread behind the others of its level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(Thread* thread)
    {
        ListAt(thread->Priority)->Append(thread);
        _bits[thread->Priority >> 6] |= 1ul << (int)thread->Priority;
    }

    /// <summary>Adds a thread before the others of its level: who was preempted is the first to go on.</summary>
    public void Prepend(Thread* thread)
    {
        ListAt(thread->Priority)->Prepend(thread);
        _bits[thread->Priority >> 6] |= 1ul << (int)thread->Priority;
    }

    /// <summary>Takes a thread out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread)
    {
        ThreadList* list = ListAt(thread->Priority);
        list->Remove(thread);
        if (list->First == null)
        {
            _bits[thread->Priority >> 6] &= ~(1ul << (int)thread->Priority);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Highest()
    {
        for (int word = Words - 1; word >= 0; word--)
        {
            if (_bits[word] != 0)
            {
                return (64 * word) + BitOperations.Log2(_bits[word]);
            }
        }

        return -1;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ThreadList* ListAt(uint level) => (ThreadList*)Unsafe.AsPointer(ref _lists.First) + level;
}
