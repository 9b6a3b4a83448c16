using System;
using System.Diagnostics;

namespace Lachesis.Tools.Host;

/// <summary>What else went on on the host while the guest ran; what the host does while the machine is stopped does not count.</summary>
internal sealed class HostMeter
{
    // Reading costs some 100 us; five times a second it is lost in what is measured.
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private readonly int _self = Environment.ProcessId;
    private Reading? _from;
    private Reading? _to;
    private Reading _sum;

    private readonly record struct Reading(double Seconds, double Busy, double Own, double Stolen, double Waited)
    {
        public static Reading operator -(Reading a, Reading b) =>
            new(a.Seconds - b.Seconds, a.Busy - b.Busy, a.Own - b.Own, a.Stolen - b.Stolen, a.Waited - b.Waited);

        public static Reading operator +(Reading a, Reading b) =>
            new(a.Seconds + b.Seconds, a.Busy + b.Busy, a.Own + b.Own, a.Stolen + b.Stolen, a.Waited + b.Waited);
    }

    /// <summary>What was found, on average over the time in which the guest ran.</summary>
    public HostContention Contention
    {
        get
        {
            Reading sum = _from is { } from && _to is { } to ? _sum + (to - from) : _sum;
            double seconds = Math.Max(sum.Seconds, s_interval.TotalSeconds);
            return new HostContention(
                ProcStat.Cpus, Math.Max(0, sum.Busy - sum.Own) / seconds, sum.Stolen / seconds, Math.Max(0, sum.Waited) / seconds);
        }
    }

    /// <summary>Reads the accounts if that was not done lately; called while QEMU runs, since its record dies with it.</summary>
    public void Sample(int qemu)
    {
        double now = Now();
        if (_to is { } last && now - last.Seconds < s_interval.TotalSeconds)
        {
            return;
        }

        Read(qemu);
    }

    /// <summary>The machine was stopped.</summary>
    public void Pause(int qemu)
    {
        Read(qemu);
        if (_from is { } from && _to is { } to)
        {
            _sum += to - from;
        }

        (_from, _to) = (null, null);
    }

    private static double Now() => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    private void Read(int qemu)
    {
        if (ProcStat.ProcessTicks(qemu) is not { } own)
        {
            return;
        }

        double stolen = ProcStat.StolenTicks();
        _to = new Reading(
            Now(),
            (ProcStat.BusyTicks() - stolen) / ProcStat.TicksPerSecond,
            (own + (ProcStat.ProcessTicks(_self) ?? 0)) / ProcStat.TicksPerSecond,
            stolen / ProcStat.TicksPerSecond,
            ProcStat.WaitedSeconds(qemu));
        _from ??= _to;
    }
}
