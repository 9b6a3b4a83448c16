using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Lachesis.Tools.Qemu;

namespace Lachesis.Tools.Host;

/// <summary>Linux's own accounting of processor time, in ticks. On a host without it everything is 0.</summary>
internal static class ProcStat
{
    /// <summary>Ticks of one second.</summary>
    public const double TicksPerSecond = 100;

    /// <summary>Ticks that all cores were busy since the host started.</summary>
    /// <remarks>
    /// First line of /proc/stat: cpu user nice system idle iowait irq softirq steal ... (guest time is within user).
    /// </remarks>
    public static double BusyTicks()
    {
        string[] fields = ReadFields("/proc/stat");
        double busy = 0;
        for (int i = 1; i < Math.Min(fields.Length, 9); i++)
        {
            busy += i is 4 or 5 ? 0 : Parse(fields[i]);
        }

        return busy;
    }

    /// <summary>Ticks of a process, or null if there is none of that id.</summary>
    /// <remarks>utime and stime are fields 14 and 15; the name in field 2 may hold spaces, so count from its closing bracket.</remarks>
    public static double? ProcessTicks(int process)
    {
        string[] fields = ReadFields($"/proc/{process}/stat", ')');
        return fields.Length > 12 ? Parse(fields[11]) + Parse(fields[12]) : null;
    }

    /// <summary>Ticks of a process and of all its children that it has waited for, fields 16 and 17.</summary>
    public static double TreeTicks(int process)
    {
        string[] fields = ReadFields($"/proc/{process}/stat", ')');
        return fields.Length > 14 ? fields[11..15].Sum(Parse) : 0;
    }

    /// <summary>The session of a process that lives, field 6; 0 if there is none of that id, or it has ended already.</summary>
    public static int SessionOf(int process)
    {
        string[] fields = ReadFields($"/proc/{process}/stat", ')');
        return fields.Length > 3 && fields[0] is not ("Z" or "X") ? (int)Parse(fields[3]) : 0;
    }

    /// <summary>The load average of one minute.</summary>
    public static double LoadAverage()
    {
        string[] fields = ReadFields("/proc/loadavg");
        return fields.Length > 0 && double.TryParse(fields[0], CultureInfo.InvariantCulture, out double load) ? load : 0;
    }

    /// <summary>Ticks that the host, itself a virtual machine, wanted to run but was not let, of all cores.</summary>
    public static double StolenTicks()
    {
        string[] fields = ReadFields("/proc/stat");
        return fields.Length > 8 ? Parse(fields[8]) : 0;
    }

    /// <summary>Seconds that QEMU's virtual CPUs were runnable but had no core, all together. Its other threads wait on a host without
    /// a third core, too, and the guest loses nothing by that.</summary>
    /// <remarks>Second field of schedstat, in nanoseconds.</remarks>
    public static double WaitedSeconds(int qemu)
    {
        try
        {
            return VirtualCpus(qemu)
                .Select(static thread => ReadFields($"{thread}/schedstat"))
                .Sum(static fields => fields.Length > 1 ? Parse(fields[1]) : 0) / 1e9;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The folders under /proc of the threads that QEMU calls "CPU 0/TCG", "CPU 1/KVM" and so on.</summary>
    /// <remarks>It names its threads only if it is told to: <see cref="QemuArguments"/>.</remarks>
    internal static IEnumerable<string> VirtualCpus(int qemu) =>
        Directory.EnumerateDirectories($"/proc/{qemu}/task").Where(static thread =>
            ReadFields($"{thread}/comm") is ["CPU", ..]);

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
