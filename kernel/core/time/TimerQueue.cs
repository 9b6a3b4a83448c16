using System.Diagnostics;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Time;

/// <summary>
/// What waits for an instant on one CPU: a binary heap over an array with room for every thread and timer of the pools, so that
/// setting a timer cannot fail. Each node knows its slot, so that taking it out is O(log n) too.
/// </summary>
/// <remarks>
/// The lock (<see cref="LockRank.TimerQueue"/>) guards heap and slots. The owner CPU adds and expires; any CPU that owns what a
/// node is part of may take it out.
/// </remarks>
public unsafe struct TimerQueue
{
    /// <summary>Guards the heap.</summary>
    public SpinLock Lock;

    private TimerNode** _heap;
    private uint _capacity;
    private uint _count;
    private Instant _earliest;

    /// <summary>Nodes in the queue.</summary>
    public readonly uint Count => _count;

    /// <summary>Sets the queue up over an array of <paramref name="capacity"/> pointers.</summary>
    public void Initialize(TimerNode** heap, uint capacity)
    {
        _heap = heap;
        _capacity = capacity;
        _count = 0;
        _earliest = Instant.Never;
    }

    /// <summary>The earliest, or null. Under the lock, or on the owner CPU as a hint.</summary>
    public readonly TimerNode* Earliest => _count == 0 ? null : _heap[0];

    /// <summary>The node at that place, below <see cref="Count"/>, in no particular order. Under the lock.</summary>
    public readonly TimerNode* At(uint index) => _heap[index];

    /// <summary>
    /// When the earliest fires, or <see cref="Instant.Never"/>. On the owner CPU, without the lock: it alone adds, so the
    /// true instant is never earlier; another CPU that takes one out at the same time makes it later at most.
    /// </summary>
    public readonly Instant EarliestHint => _earliest;

    /// <summary>Adds a node by its Deadline. Under the lock. False only if the heap is full, which its capacity rules
    /// out.</summary>
    public bool Add(TimerNode* node)
    {
        if (_count == _capacity)
        {
            return false;
        }

        _count++;
        SiftUp(_count - 1, node);
        return true;
    }

    /// <summary>Holds a node that is about to be taken out to being in the queue; in builds with CHECKS. Under the lock.</summary>
    [Conditional("CHECKS")]
    public readonly void CheckQueued<TMachine>(Cpu* cpu, TimerNode* node)
        where TMachine : struct, IMachine
    {
        if (node->HeapSlot == 0 || node->HeapSlot > _count || _heap[node->HeapSlot - 1] != node)
        {
            TMachine.Panic(cpu, "a timer is not where it says that it is");
        }
    }

    /// <summary>Takes a node out that is in the queue (its Slot is not 0). Under the lock.</summary>
    public void Remove(TimerNode* node)
    {
        uint hole = node->HeapSlot - 1;
        node->HeapSlot = 0;
        _count--;
        if (_count == 0)
        {
            _earliest = Instant.Never;
        }

        if (hole == _count)
        {
            return;
        }

        TimerNode* moved = _heap[_count];
        if (hole > 0 && moved->Deadline < _heap[(hole - 1) / 2]->Deadline)
        {
            SiftUp(hole, moved);
        }
        else
        {
            SiftDown(hole, moved);
        }
    }

    private void SiftUp(uint hole, TimerNode* node)
    {
        while (hole > 0)
        {
            uint parent = (hole - 1) / 2;
            if (_heap[parent]->Deadline <= node->Deadline)
            {
                break;
            }

            SetSlot(hole, _heap[parent]);
            hole = parent;
        }

        SetSlot(hole, node);
    }

    private void SiftDown(uint hole, TimerNode* node)
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

            if (node->Deadline <= _heap[child]->Deadline)
            {
                break;
            }

            SetSlot(hole, _heap[child]);
            hole = child;
        }

        SetSlot(hole, node);
    }

    private void SetSlot(uint slot, TimerNode* node)
    {
        _heap[slot] = node;
        node->HeapSlot = slot + 1;
        if (slot == 0)
        {
            _earliest = node->Deadline;
        }
    }
}
