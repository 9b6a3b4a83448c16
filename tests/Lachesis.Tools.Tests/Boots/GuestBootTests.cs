using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.Versioning;
using System.Threading;
using System.Threading.Tasks;
using Lachesis.Abi;
using Lachesis.Tools.Boots;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Tests.Host;
using Lachesis.Tools.Tests.Qemu;
using Lachesis.Tools.Tests.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Boots;

[UnsupportedOSPlatform("windows")]
public sealed class GuestBootTests
{
    private const string Replay = "cat \"$here/guest\" > \"$report\"; exit ";

    [Fact]
    public void A_guest_that_passes_passes()
    {
        GuestBoot boot = Run(Replay + 33, ReportWriter.Passing());

        Assert.Equal((Outcome.Pass, "all well"), (boot.Outcome, boot.Reason));
    }

    [Theory]
    [InlineData("exit 33", Outcome.Silent, "no verdict: QEMU ended with status 33; the guest reported nothing")]
    [InlineData("exit 0", Outcome.Silent, "no verdict: QEMU ended with status 0; the guest reported nothing")]
    [InlineData("echo 'no such cpu' >&2; exit 1", Outcome.QemuFailed, "QEMU ended with status 1: no such cpu")]
    [InlineData("kill -SEGV $$", Outcome.QemuFailed, "QEMU ended with status 139")]
    [InlineData("echo 'Triple fault' > \"$resets\"; exit 0", Outcome.TripleFault, "triple fault; the guest reported nothing")]
    public void A_guest_without_a_report_is_named(string script, Outcome outcome, string reason)
    {
        GuestBoot boot = Run(script, null);

        Assert.Equal((outcome, reason), (boot.Outcome, boot.Reason));
    }

    [Fact]
    public void A_guest_that_only_boots_is_silent() => Check(
        Outcome.Silent, "no verdict: QEMU ended with status 33; last record: 1 End: 33", 33,
        new ReportWriter().Boot().Text(ReportKind.End, 33, ""));

    [Fact]
    public void A_failed_check_outweighs_a_passing_verdict() => Check(
        Outcome.Fail, "check failed: b", 33,
        new ReportWriter().Boot().Text(ReportKind.Check, 1, "a").Text(ReportKind.Check, 0, "b")
            .Text(ReportKind.Verdict, 0, "").Text(ReportKind.End, 33, ""));

    [Fact]
    public void A_failing_verdict_fails() => Check(
        Outcome.Fail, "too slow", 35,
        new ReportWriter().Boot().Text(ReportKind.Verdict, 1, "too slow").Text(ReportKind.End, 35, ""));

    [Fact]
    public void An_inconclusive_verdict_is_inconclusive() => Check(
        Outcome.Inconclusive, "one CPU", 33,
        new ReportWriter().Boot().Text(ReportKind.Verdict, 2, "one CPU").Text(ReportKind.End, 33, ""));

    [Fact]
    public void A_passing_verdict_with_another_status_fails() => Check(
        Outcome.Fail, "the verdict is pass, but QEMU ended with status 35, not 33", 35, ReportWriter.Passing());

    [Fact]
    public void An_unverified_case_fails() => Check(
        Outcome.Fail, "run 0 of n=1 was not verified in the guest", 33,
        new ReportWriter().Boot().Text(ReportKind.CaseBegin, 0, "").Text(ReportKind.CaseParameter, 1, "n")
            .Text(ReportKind.CaseEnd, 0, "").Text(ReportKind.Verdict, 0, "").Text(ReportKind.End, 33, ""));

    [Fact]
    public void A_verdict_without_an_end_is_truncated() => Check(
        Outcome.Truncated, "truncated report: QEMU ended with status 33 without End", 33,
        new ReportWriter().Boot().Text(ReportKind.Verdict, 0, ""));

    [Fact]
    public void A_lost_record_is_truncated() => Check(
        Outcome.Truncated, "truncated report: sequence gap: number 2 where 1 was due (record 1, byte 48)", 33,
        new ReportWriter().Boot().Lose().Text(ReportKind.Verdict, 0, "").Text(ReportKind.End, 33, ""));

    [Fact]
    public void A_report_that_stops_within_a_record_is_truncated()
    {
        GuestBoot boot = Run("head -c -3 \"$here/guest\" > \"$report\"; exit 33", ReportWriter.Passing());

        Assert.Equal(Outcome.Truncated, boot.Outcome);
        Assert.Contains("torn record", boot.Reason);
    }

    [Fact]
    public void A_panic_is_named_and_leaves_a_backtrace()
    {
        const string log = "printf 'panic: cpu 1: no thread rip 0x10 error 0x0\\n  at 0x20\\n' > \"$serial\"; ";
        using FakeQemu qemu = new(log + Replay + 37, new ReportWriter().Boot().Panic("no thread to run"));
        GuestBoot boot = qemu.Boot();

        Assert.Equal((Outcome.Panic, "panic on CPU 1: no thread to run"), (boot.Outcome, boot.Reason));
        Assert.Equal(["cpu 1: no thread", "  0x10 ?", "  0x20 ?"], boot.Backtrace);
        Assert.Equal(boot.Backtrace, File.ReadAllLines(Path.Combine(qemu.Folder, "out", "backtrace.txt")));
    }

    [Fact]
    public void A_panic_before_the_guest_could_say_that_it_boots_is_named() => Check(
        Outcome.Panic, "panic on CPU 1: no memory", 37, new ReportWriter().Panic("no memory"));

    [Fact]
    public void A_CPU_that_lacks_what_the_kernel_needs_is_told_in_the_words_of_the_log() => Check(
        Outcome.UnsupportedCpu, "this CPU lacks NX, which the kernel needs",
        "echo 'this CPU lacks NX, which the kernel needs' > \"$serial\"; exit 39", new ReportWriter());

    [Fact]
    public void A_triple_fault_is_named_with_the_last_that_was_seen() => Check(
        Outcome.TripleFault, "triple fault; last record: 1 Check: held: x", "echo 'Triple fault' > \"$resets\"; " + Replay + 0,
        new ReportWriter().Boot().Text(ReportKind.Check, 1, "x"));

    [Fact]
    public void A_guest_that_hangs_is_ended_and_leaves_no_process()
    {
        using FakeQemu qemu = new(
            "cat \"$here/guest\" > \"$report\"; sleep 300 & echo $! > \"$here/child\"; exec sleep 300",
            new ReportWriter().Boot().Text(ReportKind.Check, 1, "x"));
        Stopwatch clock = Stopwatch.StartNew();
        GuestBoot boot = qemu.Boot(seconds: 1);

        Assert.Equal(Outcome.Timeout, boot.Outcome);
        Assert.Equal("still running after 1 s; last record: 1 Check: held: x", boot.Reason);
        Assert.InRange(clock.Elapsed.TotalSeconds, 1, 10);
        Assert.False(HostProcess.IsAlive(qemu.ProcessId));
        Assert.False(HostProcess.IsAlive(int.Parse(File.ReadAllText(Path.Combine(qemu.Folder, "child")))));
    }

    [Fact]
    public async Task Cancellation_ends_it_and_leaves_no_process()
    {
        using FakeQemu qemu = new("exec sleep 300");
        using CancellationTokenSource source = new();
        string pid = Path.Combine(qemu.Folder, "pid");
        Task cancels = Task.Run(() =>
        {
            SpinWait.SpinUntil(() => File.Exists(pid) && File.ReadAllText(pid).EndsWith('\n'));
            source.Cancel();
        });

        GuestBoot boot = qemu.Boot(seconds: 300, cancellation: source.Token);
        await cancels;
        Assert.Equal(Outcome.Interrupted, boot.Outcome);
        Assert.Matches("^interrupted after [0-9.]+ s with 0 checks done; the guest reported nothing$", boot.Reason);
        Assert.False(HostProcess.IsAlive(qemu.ProcessId));
    }

    [Fact]
    public void What_is_cancelled_before_it_starts_does_not_start()
    {
        using FakeQemu qemu = new("exec sleep 300");

        Assert.Equal(Outcome.Interrupted, qemu.Boot(cancellation: new CancellationToken(canceled: true)).Outcome);
        Assert.False(File.Exists(Path.Combine(qemu.Folder, "pid")));
    }

    [Fact]
    public void A_kernel_that_is_not_measured_fails_where_measuring_is_asked_for()
    {
        using FakeQemu qemu = new(Replay + 33, ReportWriter.Passing());

        Assert.Equal(Outcome.Fail, qemu.Boot(measure: true).Outcome);
    }

    [Fact]
    public void A_missing_qemu_is_one_line_that_says_what_to_install()
    {
        using FakeQemu qemu = new("exit 0");
        MachineOptions options = qemu.Options() with { Qemu = "no-such-qemu" };

        ToolException problem = Assert.Throws<ToolException>(() =>
            GuestBoot.Run([], options, Path.Combine(qemu.Folder, "out"), false, CancellationToken.None));
        Assert.Equal("cannot run no-such-qemu: install it with: apt-get install qemu-system-x86", problem.Message);
        Assert.Throws<ToolException>(() => QemuMachine.Version("no-such-qemu"));
    }

    [Fact]
    public void A_missing_kernel_is_one_line_that_says_how_to_make_it()
    {
        using FakeQemu qemu = new("exit 0");
        File.Delete(qemu.Options().Kernel);

        Assert.EndsWith("build it with make", Assert.Throws<ToolException>(() => qemu.Boot()).Message);
    }

    [Fact]
    public void The_version_is_what_the_program_says()
    {
        using FakeQemu qemu = new("exit 0");

        Assert.Equal("1.2.3", QemuMachine.Version(qemu.Program));
    }

    private static GuestBoot Run(string script, ReportWriter? report)
    {
        using FakeQemu qemu = new(script, report);
        return qemu.Boot();
    }

    private static void Check(Outcome outcome, string reason, int status, ReportWriter report) =>
        Check(outcome, reason, Replay + status, report);

    private static void Check(Outcome outcome, string reason, string script, ReportWriter report)
    {
        GuestBoot boot = Run(script, report);

        Assert.Equal((outcome, reason), (boot.Outcome, boot.Reason));
    }
}
