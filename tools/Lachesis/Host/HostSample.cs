using System;
using System.Diagnostics;

namespace Lachesis.Tools.Host;

/// <summary>What the host's accounting says at one moment.</summary>
/// <param name="Load">Load average of one minute.</param>
/// <param name="BusyTicks">Ticks that all cores were busy since the host started.</param>
/// <param name="OwnTicks">Those of this process and of its children that have ended.</param>
/// <param name="Timestamp">When, on the stopwatch.</param>
internal readonly record struct HostSample(double Load, double BusyTicks, double OwnTicks, long Timestamp)
{
    /// <summary>Takes one.</summary>
    public static HostSample Take() => new(
        ProcStat.LoadAverage(), ProcStat.BusyTicks(), ProcStat.TreeTicks(Environment.ProcessId), Stopwatch.GetTimestamp());

    /// <summary>How busy the host was since an earlier sample.</summary>
    public HostUse Since(HostSample before)
    {
        double seconds = Stopwatch.GetElapsedTime(before.Timestamp, Timestamp).TotalSeconds;
        double others = (BusyTicks - before.BusyTicks - (OwnTicks - before.OwnTicks)) / ProcStat.TicksPerSecond;
        double cores = seconds > 0 ? Math.Max(0, others / seconds) : 0;
        return new HostUse(before.Load, Load, Math.Round(cores, 2), Environment.ProcessorCount);
    }
}
