using System.Linq;
using Lachesis.Abi;
using Lachesis.Tools.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Reports;

public sealed class GuestReportTests
{
    [Fact]
    public void A_whole_report_is_understood()
    {
        GuestReport report = Read(ReportWriter.Passing());

        Assert.Null(report.Problem);
        Assert.Equal(2u, report.Boot!.Value.Cpus);
        Assert.True(report.Checks.Single().Value);
        Assert.Equal([1000, 1200], report.Cases.Select(run => run.Metric("workNs")));
        Assert.Equal("workers=2", report.Cases[0].Key);
        Assert.True(report.Cases[0].Verified);
        Assert.Equal(new("answer", 42), report.Metrics.Single());
        Assert.Equal(5ul, report.Counters[1][(int)Counter.ContextSwitches]);
        Assert.Null(report.Counters[1][(int)Counter.Yields]);
        Assert.Equal(0, report.Verdict!.Value);
        Assert.NotNull(report.End);
    }

    [Fact]
    public void Boot_must_come_first() =>
        Assert.StartsWith("a Check record before Boot", Read(new ReportWriter().Text(ReportKind.Check, 1, "x")).Problem);

    [Fact]
    public void Another_version_is_refused() =>
        Assert.StartsWith("report channel version 2", Read(new ReportWriter().Boot(2)).Problem);

    [Fact]
    public void Nothing_may_follow_the_end() => Assert.StartsWith(
        "a Check record after End", Read(ReportWriter.Passing().Text(ReportKind.Check, 1, "late")).Problem);

    [Theory]
    [InlineData(ReportKind.CaseParameter, "CaseParameter outside a case")]
    [InlineData(ReportKind.CaseEnd, "CaseEnd outside a case")]
    [InlineData(ReportKind.Boot, "a second Boot record")]
    public void What_does_not_belong_there_is_named(ReportKind kind, string problem)
    {
        ReportWriter writer = new ReportWriter().Boot();
        _ = kind == ReportKind.Boot ? writer.Boot() : writer.Text(kind, 1, "x");

        Assert.StartsWith(problem, Read(writer).Problem);
    }

    [Fact]
    public void Cases_do_not_nest() => Assert.StartsWith(
        "a case begins inside another",
        Read(new ReportWriter().Boot().Text(ReportKind.CaseBegin, 0, "").Text(ReportKind.CaseBegin, 1, "")).Problem);

    [Fact]
    public void A_case_open_at_the_end_is_named() => Assert.Contains(
        "still open at the end",
        Read(new ReportWriter().Boot().Text(ReportKind.CaseBegin, 0, "").Text(ReportKind.End, 33, "")).Problem);

    [Fact]
    public void A_figure_reported_twice_is_named() => Assert.StartsWith(
        "a is reported twice",
        Read(new ReportWriter().Boot().Text(ReportKind.Metric, 0, "a").Text(ReportKind.Metric, 1, "a")).Problem);

    [Fact]
    public void Two_verdicts_are_one_too_many() => Assert.StartsWith(
        "a second Verdict",
        Read(new ReportWriter().Boot().Text(ReportKind.Verdict, 0, "").Text(ReportKind.Verdict, 1, "")).Problem);

    [Fact]
    public void A_counter_that_does_not_exist_is_named() => Assert.StartsWith(
        $"counter {(int)Counter.Count} of CPU 64 does not exist",
        Read(new ReportWriter().Boot().Count(64, Counter.Count, 0)).Problem);

    [Fact]
    public void Streams_are_put_together_by_their_numbers()
    {
        GuestReport report = Read(new ReportWriter().Boot()
            .Text(ReportKind.Stream, 7, "ab").Text(ReportKind.Stream, 8, "x").Text(ReportKind.Stream, 7, "\nc"));

        Assert.Null(report.Problem);
        Assert.Equal([7, 8], report.Streams.Keys);
        Assert.Equal("ab\nc"u8.ToArray(), report.Streams[7]);
        Assert.Equal("2 bytes of stream 7", report.Last!.Describe());
    }

    [Fact]
    public void The_first_of_several_panics_says_why()
    {
        GuestReport report = Read(new ReportWriter().Boot().Panic("first").Panic("second"));

        Assert.Equal("first", report.Panic!.Text);
        Assert.Equal([0x2000ul, 0x3000ul], report.Panic.PanicFrames());
    }

    [Fact]
    public void Counters_are_named_as_in_evidence()
    {
        Assert.Equal((int)Counter.Count, CounterNames.All.Length);
        Assert.Equal("contextSwitches", CounterNames.Of(0));
        Assert.Equal("counter 9999", CounterNames.Of(9999));
    }

    private static GuestReport Read(ReportWriter writer) => GuestReport.From(ReportStream.Read(writer.Bytes));
}
