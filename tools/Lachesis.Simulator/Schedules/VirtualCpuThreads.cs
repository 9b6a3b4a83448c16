using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Lachesis.Simulator;

/// <summary>
/// A stack for each virtual CPU: an operating system thread each, of which exactly one runs, the one with the baton. Kept
/// from run to run.
/// </summary>
/// <remarks>The baton is an event of the operating system: who waits for it waits long, while others run, so spinning first, as
/// <see cref="SemaphoreSlim"/> does, would take the CPU from those.</remarks>
internal sealed class VirtualCpuThreads : IDisposable
{
    // Kernel entries need little; the checks after them do.
    private const int StackBytes = 512 * 1024;

    private readonly AutoResetEvent[] _batons;
    private readonly AutoResetEvent _done = new(false);
    private readonly Thread[] _threads;
    private readonly List<CpuClock> _clocks = [CpuClock.OfThisThread()];
    private readonly Lock _lock = new();
    private Action<int>? _body;
    private volatile Simulation? _current;

    public VirtualCpuThreads(int size)
    {
        _batons = new AutoResetEvent[size];
        _threads = new Thread[size];
        for (int i = 0; i < size; i++)
        {
            int cpu = i;
            _batons[i] = new AutoResetEvent(false);
            _threads[i] = new Thread(() => ThreadMain(cpu), StackBytes) { IsBackground = true, Name = $"cpu {i}" };
            _threads[i].Start();
        }
    }

    /// <summary>The run that the crew is at, or was at last. May be asked by any thread.</summary>
    public Simulation? Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>Processor time of its threads, and of the one that made it. May be asked by any thread.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            lock (_lock)
            {
                return _clocks.Aggregate(TimeSpan.Zero, static (sum, clock) => sum + clock.Read());
            }
        }
    }

    /// <summary>Gives CPU 0 the baton, and waits until the last CPU calls <see cref="SignalDone"/>.</summary>
    public void Run(Action<int> body)
    {
        _body = body;
        _batons[0].Set();
        _done.WaitOne();
    }

    /// <summary>CPU <paramref name="from"/> gives the baton to <paramref name="to"/> and waits to get it back.</summary>
    public void SwitchTo(int from, int to)
    {
        _batons[to].Set();
        _batons[from].WaitOne();
    }

    /// <summary>A CPU that has ended its part gives the baton away for good.</summary>
    public void ExitTo(int to) => _batons[to].Set();

    /// <summary>The last CPU has ended its part.</summary>
    public void SignalDone() => _done.Set();

    /// <inheritdoc/>
    public void Dispose()
    {
        _body = null;
        Current = null;
        for (int i = 0; i < _threads.Length; i++)
        {
            _batons[i].Set();
            _threads[i].Join();
            _batons[i].Dispose();
        }

        _done.Dispose();
    }

    private void ThreadMain(int cpu)
    {
        lock (_lock)
        {
            _clocks.Add(CpuClock.OfThisThread());
        }

        while (true)
        {
            _batons[cpu].WaitOne();
            if (_body == null)
            {
                return;
            }

            _body(cpu);
        }
    }
}
