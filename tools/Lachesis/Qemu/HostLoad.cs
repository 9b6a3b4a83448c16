using System;
using System.Globalization;
using System.IO;

namespace Lachesis.Tools.Qemu;

/// <summary>
/// How busy other processes kept the host while QEMU ran: a speedup that was missed while something else held the cores says
/// nothing of the kernel. Reads Linux's own accounting; on a host without it the load is taken to be none.
/// </summary>
internal sealed class HostLoad(int process)
{
    private const double TicksPerSecond = 100;

    private readonly double _busyAtStart = BusyTicks();
    private double _processTicks;

    /// <summary>Notes what QEMU has used so far; called while it runs, since its record dies with it.</summary>
    public void Sample()
    {
        _processTicks = ProcessTicks(process) ?? _processTicks;
    }

    /// <summary>Cores kept busy by others, on average over the time given.</summary>
    public double Others(double seconds)
    {
        double others = (BusyTicks() - _busyAtStart - _processTicks) / TicksPerSecond;
        return seconds <= 0 ? 0 : Math.Max(0, others / seconds);
    }

    // First line of /proc/stat: cpu user nice system idle iowait irq softirq steal ... (guest time is within user).
    private static double BusyTicks()
    {
        string[] fields = ReadFields("/proc/stat");
        double busy = 0;
        for (int i = 1; i < Math.Min(fields.Length, 9); i++)
        {
            busy += i is 4 or 5 ? 0 : Parse(fields[i]);
        }

        return busy;
    }

    // utime and stime are fields 14 and 15; the name in field 2 may hold spaces, so count from its closing bracket.
    private static double? ProcessTicks(int process)
    {
        string[] fields = ReadFields($"/proc/{process}/stat", ')');
        return fields.Length > 12 ? Parse(fields[11]) + Parse(fields[12]) : null;
    }

    private static string[] ReadFields(string path, char after = '\0')
    {
        try
        {
            using StreamReader reader = new(path);
            string line = reader.ReadLine() ?? "";
            return line[(line.LastIndexOf(after) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static double Parse(string text) =>
        double.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out double value) ? value : 0;
}
