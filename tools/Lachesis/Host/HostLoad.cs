using System;

namespace Lachesis.Tools.Host;

/// <summary>
/// How busy other processes kept the host while QEMU ran: a speedup that was missed while something else held the cores says
/// nothing of the kernel. On a host without Linux's accounting the load is taken to be none.
/// </summary>
internal sealed class HostLoad(int process)
{
    private readonly double _busyAtStart = ProcStat.BusyTicks();
    private double _processTicks;

    /// <summary>Notes what QEMU has used so far; called while it runs, since its record dies with it.</summary>
    public void Sample()
    {
        _processTicks = ProcStat.ProcessTicks(process) ?? _processTicks;
    }

    /// <summary>Cores kept busy by others, on average over the time given.</summary>
    public double Others(double seconds)
    {
        double others = (ProcStat.BusyTicks() - _busyAtStart - _processTicks) / ProcStat.TicksPerSecond;
        return seconds <= 0 ? 0 : Math.Max(0, others / seconds);
    }
}
