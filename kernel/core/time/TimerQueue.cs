using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Time;

/// <summary>
/// The threads that wait for an instant on one CPU: a binary heap over an array with room for every thread of the pool, so
/// that setting a timer cannot fail. Each thread knows its slot, so that taking it out is O(log n) too.
/// </summary>
/// <remarks>
/// The lock (<see cref="LockRank.Timers"/>) guards heap and slots. The owner CPU adds and expires; any CPU that claimed a
/// thread may take it out.
/// </remarks>
public unsafe struct TimerQueue
{
    /// <summary>Guards the heap.</summary>
    public SpinLock Lock;

    private Thread** _heap;
    private uint _capacity;
    private uint _count;
    private Instant _earliest;

    /// <summary>Threads in the queue.</summary>
    public readonly uint Count => _count;

    /// <summary>Sets the queue up over an array of <paramref name="capacity"/> pointers.</summary>
    public void Initialize(Thread** heap, uint capacity)
    {
        _heap = heap;
        _capacity = capacity;
        _count = 0;
        _earliest = Instant.Never;
    }

    /// <summary>The earliest thread, or null. Under the lock, or on the owner CPU as a hint.</summary>
    public readonly Thread* Earliest => _count == 0 ? null : _heap[0];

    /// <summary>
    /// When the earliest fires, or <see cref="Instant.Never"/>. On the owner CPU, without the lock: it alone adds, so the
    /// true instant is never earlier; another CPU that takes a thread out at the same time makes it later at most.
    /// </summary>
    public readonly Instant EarliestHint => _earliest;

    /// <summary>Adds a thread by its Deadline. Under the lock. False only if the heap is full, which its capacity rules
    /// out.</summary>
    public bool Add(Thread* thread)
    {
        if (_count == _capacity)
        {
            return false;
        }

        _count++;
        SiftUp(_count - 1, thread);
        return true;
    }

    /// <summary>Takes a thread out that is in the queue (its TimerSlot is not 0). Under the lock.</summary>
    public void Remove(Thread* thread)
    {
        uint hole = thread->TimerSlot - 1;
        thread->TimerSlot = 0;
        _count--;
        if (_count == 0)
        {
            _earliest = Instant.Never;
        }

        if (hole == _count)
        {
            return;
        }

        Thread* moved = _heap[_count];
        if (hole > 0 && moved->Deadline < _heap[(hole - 1) / 2]->Deadline)
        {
            SiftUp(hole, moved);
        }
        else
        {
            SiftDown(hole, moved);
        }
    }

    private void SiftUp(uint hole, Thread* thread)
    {
        while (hole > 0)
        {
            uint parent = (hole - 1) / 2;
            if (_heap[parent]->Deadline <= thread->Deadline)
            {
                break;
            }

            Place(hole, _heap[parent]);
            hole = parent;
        }

        Place(hole, thread);
    }

    private void SiftDown(uint hole, Thread* thread)
    {
        while (true)
        {
            uint child = (hole * 2) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _heap[child + 1]->Deadline < _heap[child]->Deadline)
            {
                child++;
            }

            if (thread->Deadline <= _heap[child]->Deadline)
            {
                break;
            }

            Place(hole, _heap[child]);
            hole = child;
        }

        Place(hole, thread);
    }

    private void Place(uint slot, Thread* thread)
    {
        _heap[slot] = thread;
        thread->TimerSlot = slot + 1;
        if (slot == 0)
        {
            _earliest = thread->Deadline;
        }
    }
}
