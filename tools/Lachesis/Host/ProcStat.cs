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

    private const string AllowedName = "Cpus_allowed_list:";

    // The CPUs that this process, and so what it starts, may run on; empty if the host does not say.
    private static readonly IReadOnlySet<int> s_allowed = ParseCpus(
        ReadLines("/proc/self/status").FirstOrDefault(static line => line.StartsWith(AllowedName, StringComparison.Ordinal)) ?? "");

    /// <summary>CPUs that this process, and so what it starts, may run on: those that the figures of all CPUs are of.</summary>
    public static int Cpus => s_allowed.Count > 0 ? s_allowed.Count : Environment.ProcessorCount;

    /// <summary>Ticks that all of <see cref="Cpus"/> were busy since the host started.</summary>
    public static double BusyTicks() => BusyTicksIn(ReadLines("/proc/stat"), s_allowed);

    /// <summary>Ticks that the host, itself a virtual machine, wanted to run but was not let, on all of <see cref="Cpus"/>.</summary>
    public static double StolenTicks() => StolenTicksIn(ReadLines("/proc/stat"), s_allowed);

    /// <summary>Busy ticks in the text of /proc/stat, those of these CPUs.</summary>
    /// <remarks>A line for each: cpuN user nice system idle iowait irq softirq steal ... (guest time is within user).</remarks>
    internal static double BusyTicksIn(IEnumerable<string> lines, IReadOnlySet<int> cpus) => LinesOf(lines, cpus)
        .Sum(static fields => fields.Take(9).Select(static (field, i) => i is 0 or 4 or 5 ? 0 : Parse(field)).Sum());

    /// <summary>Stolen ticks in the text of /proc/stat, those of these CPUs.</summary>
    internal static double StolenTicksIn(IEnumerable<string> lines, IReadOnlySet<int> cpus) =>
        LinesOf(lines, cpus).Sum(static fields => fields.Length > 8 ? Parse(fields[8]) : 0);

    /// <summary>The CPUs of a list as Linux writes it, behind its name or not: 0-3,8.</summary>
    internal static IReadOnlySet<int> ParseCpus(string list)
    {
        HashSet<int> cpus = [];
        foreach (string item in list[(list.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim().Split(','))
        {
            string[] ends = item.Split('-');
            if (int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last))
            {
                cpus.UnionWith(Enumerable.Range(first, Math.Max(0, last - first + 1)));
            }
        }

        return cpus;
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
    private static IEnumerable<string[]> LinesOf(IEnumerable<string> lines, IReadOnlySet<int> cpus) => lines
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields.Length > 0 && fields[0].StartsWith("cpu", StringComparison.Ordinal)
            && int.TryParse(fields[0][3..], NumberStyles.None, CultureInfo.InvariantCulture, out int cpu) && cpus.Contains(cpu));

    private static IReadOnlyList<string> ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
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
