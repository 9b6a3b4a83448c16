using System;
using System.Collections.Generic;

namespace Lachesis.Simulator;

/// <summary>
/// The store buffers of x86-TSO: a CPU's stores wait in order until they reach memory, and only it sees them before. A
/// locked operation or a fence waits until its own buffer is empty.
/// </summary>
/// <remarks>
/// The core reads words that it owns without asking the machine, so memory must always show the view of the CPU that has the
/// baton: its buffered stores are put into memory while it runs (<see cref="ApplyView"/>) and taken back when it stops (<see
/// cref="RemoveView"/>). Plain writes, which the core does under locks, are visible at once; the store that releases the lock may
/// be late. That loses some reorderings and invents none.
/// </remarks>
internal sealed unsafe class StoreBuffers
{
    private readonly int _depth;
    private readonly List<Write>[] _buffers;
    private readonly List<Write> _memoryValues = [];
    private readonly List<Write> _applied = [];
    private int _shown;

    private struct Write
    {
        public ulong* Location;
        public ulong Value;
    }

    public StoreBuffers(uint cpus, int depth)
    {
        _depth = depth;
        _buffers = new List<Write>[cpus];
        for (int i = 0; i < _buffers.Length; i++)
        {
            _buffers[i] = [];
        }
    }

    /// <summary>Whether every store of a CPU has reached memory.</summary>
    public bool IsEmpty(int cpu) => _buffers[cpu].Count == 0;

    /// <summary>The CPU that has the baton writes a word.</summary>
    public void Store(ulong* location, ulong value)
    {
        List<Write> buffer = _buffers[_shown];
        if (buffer.Count == _depth)
        {
            DrainOldest(_shown);
        }

        if (IndexOf(_memoryValues, location) < 0)
        {
            _memoryValues.Add(new Write { Location = location, Value = *location });
        }

        buffer.Add(new Write { Location = location, Value = value });
        *location = value;
    }

    /// <summary>A CPU's oldest store, if it has one, reaches memory.</summary>
    public void DrainOldest(int cpu)
    {
        List<Write> buffer = _buffers[cpu];
        if (buffer.Count == 0)
        {
            return;
        }

        Write oldest = buffer[0];
        buffer.RemoveAt(0);
        int hidden = IndexOf(_memoryValues, oldest.Location);
        if (cpu == _shown && IndexOf(buffer, oldest.Location) < 0)
        {
            _memoryValues.RemoveAt(hidden);
        }
        else if (hidden >= 0)
        {
            _memoryValues[hidden] = oldest;
        }
        else
        {
            *oldest.Location = oldest.Value;
        }
    }

    /// <summary>All stores of a CPU reach memory.</summary>
    public void Drain(int cpu)
    {
        if (cpu == _shown)
        {
            _buffers[cpu].Clear();
            _memoryValues.Clear();
            return;
        }

        while (!IsEmpty(cpu))
        {
            DrainOldest(cpu);
        }
    }

    /// <summary>All stores of all CPUs reach memory.</summary>
    public void DrainAll()
    {
        for (int cpu = 0; cpu < _buffers.Length; cpu++)
        {
            Drain(cpu);
        }
    }

    /// <summary>Takes the view of the CPU that loses the baton out of memory.</summary>
    public void RemoveView()
    {
        List<Write> buffer = _buffers[_shown];
        foreach (Write hidden in _memoryValues)
        {
            ulong newest = buffer[LastIndexOf(buffer, hidden.Location)].Value;
            if (*hidden.Location == newest)
            {
                *hidden.Location = hidden.Value;
            }
            else
            {
                // Written over since, plainly: that is visible at once, and what was stored before it never will be.
                Forget(buffer, hidden.Location);
            }
        }

        _memoryValues.Clear();
    }

    /// <summary>Puts the view of the CPU that gets the baton into memory.</summary>
    public void ApplyView(int cpu)
    {
        _shown = cpu;
        foreach (Write write in _buffers[cpu])
        {
            if (IndexOf(_memoryValues, write.Location) < 0)
            {
                _memoryValues.Add(new Write { Location = write.Location, Value = *write.Location });
            }

            *write.Location = write.Value;
        }
    }

    /// <summary>Memory as it will be once all stores have reached it, while <paramref name="look"/> looks at it.</summary>
    public void WithAllStoresVisible(Action look)
    {
        _applied.Clear();
        for (int cpu = 0; cpu < _buffers.Length; cpu++)
        {
            foreach (Write write in cpu == _shown ? [] : _buffers[cpu])
            {
                _applied.Add(new Write { Location = write.Location, Value = *write.Location });
                *write.Location = write.Value;
            }
        }

        look();
        for (int i = _applied.Count - 1; i >= 0; i--)
        {
            *_applied[i].Location = _applied[i].Value;
        }
    }

    private static int IndexOf(List<Write> writes, ulong* location)
    {
        for (int i = 0; i < writes.Count; i++)
        {
            if (writes[i].Location == location)
            {
                return i;
            }
        }

        return -1;
    }

    private static int LastIndexOf(List<Write> writes, ulong* location)
    {
        int at = writes.Count - 1;
        while (writes[at].Location != location)
        {
            at--;
        }

        return at;
    }

    private static void Forget(List<Write> writes, ulong* location)
    {
        for (int at = IndexOf(writes, location); at >= 0; at = IndexOf(writes, location))
        {
            writes.RemoveAt(at);
        }
    }
}
