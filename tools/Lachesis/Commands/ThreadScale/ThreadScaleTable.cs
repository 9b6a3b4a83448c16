using System.Globalization;
using System.IO;
using System.Linq;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Spectre.Console;

namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>What thread-scale measured, for people.</summary>
internal static class ThreadScaleTable
{
    /// <summary>Prints the rows, and what was found of the host; nothing without verified rows.</summary>
    public static void Print(TextWriter output, ThreadScaleResult? result)
    {
        if (result is null || result.Rows.Count == 0)
        {
            return;
        }

        bool counted = result.Host is null;
        string unit = counted ? "M instr" : "ms";
        Table table = Tables.Create(
            " workers", " cpus", $" work {unit}", $" total {unit}", " spread", " speedup work", " speedup total", " efficiency",
            " of host", " switches", " migrated", " IPIs");
        foreach (ThreadScaleRow row in result.Rows)
        {
            table.AddPlainRow(
                Tables.Number(row.Shape.Workers),
                Tables.Number(row.Shape.Cpus),
                Tables.Number(row.WorkNs / 1e6, 3),
                Tables.Number(row.TotalNs / 1e6, 3),
                Tables.Percent(row.Spread),
                counted ? "-" : Tables.Number(row.SpeedupWork, 2),
                counted ? "-" : Tables.Number(row.SpeedupTotal, 2),
                counted ? "-" : Tables.Percent(row.Efficiency),
                result.EfficiencyOfHost(row) is { } part ? Tables.Percent(part) : "-",
                Count(row, "contextSwitches"),
                Count(row, "migrations"),
                Count(row, "reschedulesSent"));
        }

        Tables.Print(output, table);
        if (result.Host is { } host)
        {
            PrintHost(output, host);
        }
    }

    private static void PrintHost(TextWriter output, HostConditions host)
    {
        string[] own = [.. host.Rows.Where(static row => row.WorkNs.Count > 0).Select(row => HostSpeedupText(host, row))];
        output.WriteLine($"host, the same loop natively, by turns with the guest: {string.Join(", ", own)}");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"host, while the guest ran: others kept {host.Contention.Others:F2} of {host.Contention.Cpus} CPUs busy, the hypervisor withheld "
            + $"{host.Contention.Stolen:F2}, {host.Contention.Waited:F2} of QEMU's virtual CPUs waited for one"));
        output.WriteLine();
    }

    private static string HostSpeedupText(HostConditions host, HostRow row)
    {
        string time = $"{Tables.Number(Statistics.Median(row.WorkNs) / 1e6, 1)} ms";
        return row.Threads == 1
            ? $"1 thread {time}"
            : $"{row.Threads} threads {time} (speedup {Tables.Number(host.Speedup(row.Threads)!.Value, 2)})";
    }

    private static string Count(ThreadScaleRow row, string metric) =>
        row.MedianOf(metric) is double value ? Tables.Number(value) : "-";
}
