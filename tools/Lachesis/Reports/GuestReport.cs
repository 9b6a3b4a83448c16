using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;

namespace Lachesis.Tools.Reports;

/// <summary>
/// What the records of one boot mean. <see cref="Problem"/> names the first thing that breaks the protocol: Boot first (but for a panic) and
/// once, cases opened and closed, one verdict, nothing after End.
/// </summary>
public sealed class GuestReport
{
    private const int MaxNames = 4096;

    private readonly SortedDictionary<int, ulong?[]> _counters = [];
    private readonly SortedDictionary<long, List<byte>> _streams = [];
    private ReportCase? _open;

    private GuestReport()
    {
    }

    /// <summary>What breaks the protocol, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>The first record, or null if the guest sent none.</summary>
    public BootReport? Boot { get; private set; }

    /// <summary>The checks made: what, and whether it held.</summary>
    public List<KeyValuePair<string, bool>> Checks { get; } = [];

    /// <summary>Closed cases, in order.</summary>
    public List<ReportCase> Cases { get; } = [];

    /// <summary>Metrics outside every case.</summary>
    public List<KeyValuePair<string, long>> Metrics { get; } = [];

    /// <summary>How many user threads faulted.</summary>
    public int UserFaults { get; private set; }

    /// <summary>The verdict record, or null.</summary>
    public ReportRecord? Verdict { get; private set; }

    /// <summary>The panic record, or null.</summary>
    public ReportRecord? Panic { get; private set; }

    /// <summary>The end record, or null.</summary>
    public ReportRecord? End { get; private set; }

    /// <summary>The bytes of each stream that a program wrote, by its number.</summary>
    public IReadOnlyDictionary<long, List<byte>> Streams => _streams;

    /// <summary>The last good record, or null.</summary>
    public ReportRecord? Last { get; private set; }

    /// <summary>Whether a program, and not only the kernel, has said anything.</summary>
    public bool ProgramSpoke => Checks.Count + Cases.Count + Metrics.Count > 0 || _open is not null || Verdict is not null;

    /// <summary>Counter values by CPU and index; null where the guest sent none.</summary>
    public IReadOnlyDictionary<int, ulong?[]> Counters => _counters;

    /// <summary>Interprets every record of a stream.</summary>
    public static GuestReport From(ReportStream stream)
    {
        GuestReport report = new();
        foreach (ReportRecord record in stream.Records)
        {
            string? problem = report.Take(record);
            report.Last = record;
            if (problem is not null)
            {
                report.Problem ??= $"{problem} (record {record.Sequence})";
            }
        }

        report.Problem ??= stream.Problem;
        if (report.End is not null && report.Panic is null && report._open is not null)
        {
            report.Problem ??= $"the case {report._open.Key} is still open at the end";
        }

        return report;
    }

    private string? Take(ReportRecord record)
    {
        if (End is not null)
        {
            return $"a {record.Kind} record after End";
        }

        // A kernel that cannot boot panics before it can say that it has.
        bool fits = Boot is null ? record.Kind is ReportKind.Boot or ReportKind.Panic : record.Kind != ReportKind.Boot;
        if (!fits)
        {
            return Boot is null ? $"a {record.Kind} record before Boot" : "a second Boot record";
        }

        switch (record.Kind)
        {
            case ReportKind.Boot:
                Boot = record.As<BootReport>();
                return Boot.Value.Version == BootReport.CurrentVersion
                    ? null
                    : $"report channel version {Boot.Value.Version}; this tool reads {BootReport.CurrentVersion}";
            case ReportKind.Check:
                Checks.Add(new(record.Text, record.Value == 1));
                return null;
            case ReportKind.Metric:
                return Add(_open?.Metrics ?? Metrics, record);
            case ReportKind.CaseBegin or ReportKind.CaseParameter or ReportKind.CaseEnd:
                return TakeCase(record);
            case ReportKind.Counter:
                return TakeCounter(record.As<CounterReport>());
            case ReportKind.UserFault:
                UserFaults++;
                return null;
            case ReportKind.Stream:
                return TakeStream(record);
            case ReportKind.Verdict:
                string? problem = Verdict is not null ? "a second Verdict record"
                    : record.Value is < 0 or > 2 ? $"verdict {record.Value} is not 0, 1 or 2" : null;
                Verdict ??= record;
                return problem;
            case ReportKind.Panic:
                // Several CPUs may panic; the first says why.
                Panic ??= record;
                return null;
            default:
                End = record;
                return null;
        }
    }

    private string? TakeCase(ReportRecord record)
    {
        if (_open is null == (record.Kind != ReportKind.CaseBegin))
        {
            return _open is null ? $"{record.Kind} outside a case" : "a case begins inside another";
        }

        switch (record.Kind)
        {
            case ReportKind.CaseBegin:
                _open = new ReportCase(record.Value);
                return null;
            case ReportKind.CaseParameter:
                return Add(_open!.Parameters, record);
            default:
                _open!.Verified = record.Value == 1;
                Cases.Add(_open);
                _open = null;
                return null;
        }
    }

    private string? TakeCounter(CounterReport counter)
    {
        if (counter.Cpu >= Platform.MaxCpus || counter.Counter >= (int)Counter.Count)
        {
            return $"counter {counter.Counter} of CPU {counter.Cpu} does not exist";
        }

        if (!_counters.TryGetValue(counter.Cpu, out ulong?[]? values))
        {
            _counters[counter.Cpu] = values = new ulong?[(int)Counter.Count];
        }

        values[counter.Counter] = counter.Value;
        return null;
    }

    private string? TakeStream(ReportRecord record)
    {
        if (!_streams.TryGetValue(record.Value, out List<byte>? bytes))
        {
            _streams[record.Value] = bytes = [];
        }

        bytes.AddRange(record.Bytes);
        return null;
    }

    private static string? Add(List<KeyValuePair<string, long>> pairs, ReportRecord record)
    {
        string name = record.Text;
        if (pairs.Count >= MaxNames)
        {
            return $"more than {MaxNames} {record.Kind} records in one place";
        }

        if (name.Length == 0 || pairs.Any(pair => pair.Key == name))
        {
            return name.Length == 0 ? $"a {record.Kind} record without a name" : $"{name} is reported twice";
        }

        pairs.Add(new(name, record.Value));
        return null;
    }
}
