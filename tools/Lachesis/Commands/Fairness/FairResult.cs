using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands.Fairness;

/// <summary>What was measured, beside what it must be.</summary>
/// <param name="Rows">One an expectation.</param>
/// <param name="OtherLoad">Host cores that others kept busy while time was the host's.</param>
/// <param name="HostCpus">CPUs of the host.</param>
public sealed record FairResult(IReadOnlyList<FairRow> Rows, double OtherLoad, int HostCpus)
{
    /// <summary>With more than this of a host core taken by others, a bound missed in the host's time says nothing.</summary>
    public const double LoadBound = 0.25;

    /// <summary>Joins the table with what was measured: of several runs, the median.</summary>
    /// <param name="table">The table.</param>
    /// <param name="measured">Each machine's runs.</param>
    /// <param name="seconds">For how long shares were measured.</param>
    /// <param name="otherLoad">See <see cref="OtherLoad"/>.</param>
    /// <param name="hostCpus">See <see cref="HostCpus"/>.</param>
    public static FairResult Of(
        FairTable table, IReadOnlyDictionary<FairMachine, EvidenceRow> measured, int seconds, double otherLoad,
        int hostCpus) =>
        new([.. table.Rows.Select(row => RowOf(row, measured, seconds))], otherLoad, hostCpus);

    /// <summary>Fails on a figure that is missing or beyond its bound; one in the host's time is inconclusive on a host that
    /// others kept busy, or that has fewer CPUs than the guest: then the host decides which of them run.</summary>
    public (Verdict Verdict, string Reason) Judge()
    {
        FairRow[] missing = [.. Rows.Where(static row => row.Value is null)];
        if (missing.Length > 0)
        {
            return (Verdict.Fail, $"{missing[0].Name} was not measured");
        }

        FairRow[] missed = [.. Rows.Where(static row => row.Reached == false)];
        int judged = Rows.Count(static row => row.Reached is not null);
        string counts = $"{judged - missed.Length} of {judged} bounds hold";
        if (missed.Length == 0)
        {
            return (Verdict.Pass, counts);
        }

        string reason = $"{counts}; not reached: {string.Join("; ", missed.Select(static row => row.Describe()))}";
        return missed.All(IsInconclusive)
            ? (Verdict.Inconclusive, string.Create(
                CultureInfo.InvariantCulture, $"{reason}; others kept {OtherLoad:F1} of {HostCpus} host CPUs busy"))
            : (Verdict.Fail, reason);
    }

    private bool IsInconclusive(FairRow row) =>
        !row.Expectation.Counted && (OtherLoad > LoadBound || row.Expectation.Cpus > HostCpus);

    private static FairRow RowOf(
        FairExpectation row, IReadOnlyDictionary<FairMachine, EvidenceRow> measured, int seconds)
    {
        IReadOnlyList<long> values = measured.TryGetValue(row.Machine, out EvidenceRow? runs) ? runs.Values(row.Metric) : [];
        double? value = values.Count == 0 ? null : Statistics.Median(values) * row.Scale;
        return new FairRow(row, value, seconds >= row.LeastSeconds);
    }
}

/// <summary>One figure.</summary>
/// <param name="Expectation">What it must be.</param>
/// <param name="Value">What it is, in the unit in which it is shown, or null if it was not measured.</param>
/// <param name="LongEnough">Whether it was measured for so long that it says something.</param>
public sealed record FairRow(FairExpectation Expectation, double? Value, bool LongEnough)
{
    /// <summary>Whether it is within its bound; null if that is not to be judged.</summary>
    public bool? Reached => LongEnough && Expectation.Most is double most && Value is double value ? value <= most : null;

    /// <summary>The figure's name in evidence.</summary>
    public string Name => $"{Expectation.Machine.Name}.{Expectation.Metric}";

    /// <summary>The figure beside its bound.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name} {Value:0.####} {Expectation.Unit} (bound {Expectation.Most:0.####})");
}
