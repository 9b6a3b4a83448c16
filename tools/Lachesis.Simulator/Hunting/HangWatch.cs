using System;

namespace Lachesis.Simulator;

/// <summary>
/// Tells a run that hangs where it passes no choice point, so that nothing within it can end it: in a loop of the core that accesses no
/// shared word, or in a check of something that is broken. Belongs to the thread that looks.
/// </summary>
/// <param name="crew">Whose runs are watched.</param>
/// <param name="most">Processor time that may go by in which nothing happens. Only the crew's own threads count: a busy host makes no
/// difference.</param>
internal sealed class HangWatch(VirtualCpuThreads crew, TimeSpan most)
{
    private Simulation? _run;
    private long _progress;
    private TimeSpan _since;

    /// <summary>The run that hangs, or null. To be called now and then.</summary>
    public Simulation? FindHung()
    {
        Simulation? run = crew.Current;
        long progress = run?.Progress ?? 0;
        TimeSpan used = crew.CpuTime;
        if (run != _run || progress != _progress)
        {
            _run = run;
            _progress = progress;
            _since = used;
        }

        return used - _since > most ? run : null;
    }
}
