using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Lachesis.Tools.Elf;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Boots;

/// <summary>One boot from ramdisk to judgement, and the files that it leaves.</summary>
public sealed class GuestBoot
{
    private const string BacktraceName = "backtrace.txt";

    private GuestBoot(MachineOptions options, QemuExit exit, GuestReport report, Outcome outcome, string reason)
    {
        Options = options;
        Exit = exit;
        Report = report;
        Outcome = outcome;
        Reason = reason;
    }

    /// <summary>The machine.</summary>
    public MachineOptions Options { get; }

    /// <summary>How QEMU ended.</summary>
    public QemuExit Exit { get; }

    /// <summary>What the guest reported.</summary>
    public GuestReport Report { get; }

    /// <summary>How it ended.</summary>
    public Outcome Outcome { get; }

    /// <summary>Why, in one line.</summary>
    public string Reason { get; }

    /// <summary>After a panic: where each CPU was in the kernel, and who had called it.</summary>
    public IReadOnlyList<string> Backtrace { get; private init; } = [];

    /// <summary>Names of the files that it left, by what they are.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Artifacts { get; private init; } = [];

    /// <summary>Whether the kernel says that it is a measured build.</summary>
    public bool Measured => Report.Boot?.Measured == 1;

    /// <summary>Boots a ramdisk.</summary>
    /// <param name="ramdisk">The ramdisk's bytes.</param>
    /// <param name="options">The machine.</param>
    /// <param name="folder">Where its files go.</param>
    /// <param name="measure">A kernel that is not a measured build is a failure.</param>
    /// <param name="cancellation">Kills QEMU.</param>
    /// <param name="companion">What the host does meanwhile.</param>
    internal static GuestBoot Run(
        byte[] ramdisk,
        MachineOptions options,
        string folder,
        bool measure,
        CancellationToken cancellation,
        IBootCompanion? companion = null)
    {
        KernelImage.Check(options.Kernel);

        QemuRefusal.CheckHost(options);
        MachineFiles files = new(folder);
        File.WriteAllBytes(files.Ramdisk, ramdisk);
        QemuExit exit = QemuMachine.Run(options, files, cancellation, companion);
        byte[] bytes = File.Exists(files.Report) ? File.ReadAllBytes(files.Report) : [];
        GuestReport report = GuestReport.From(ReportStream.Read(bytes));
        (Outcome outcome, string reason) = Judge.Of(exit, report, options.TimeLimit, LastLine(files.Serial));
        if (outcome == Outcome.QemuFailed && QemuRefusal.Explain(options, exit.Status, exit.Message) is { } refusal)
        {
            throw refusal;
        }

        if (outcome == Outcome.Pass && measure && report.Boot?.Measured != 1)
        {
            (outcome, reason) = (Outcome.Fail, "the kernel is not a measured build: build it with MEASURE=1");
        }

        IReadOnlyList<string> backtrace = report.Panic is null || !File.Exists(files.Serial)
            ? []
            : PanicBacktrace.Read(File.ReadLines(files.Serial), LoadSymbols(options.Kernel));
        if (backtrace.Count > 0)
        {
            File.WriteAllLines(Path.Combine(folder, BacktraceName), backtrace);
        }

        return new GuestBoot(options, exit, report, outcome, reason)
        {
            Backtrace = backtrace,
            Artifacts = ListArtifacts(backtrace.Count > 0),
        };
    }

    private static string LastLine(string log) => File.Exists(log) ? File.ReadLines(log).LastOrDefault() ?? "" : "";

    private static List<KeyValuePair<string, string>> ListArtifacts(bool backtrace)
    {
        List<KeyValuePair<string, string>> artifacts =
        [
            new("serial", MachineFiles.SerialName),
            new("report", MachineFiles.ReportName),
            new("initrd", MachineFiles.RamdiskName),
            new("resets", MachineFiles.ResetsName),
        ];
        if (backtrace)
        {
            artifacts.Add(new("backtrace", BacktraceName));
        }

        return artifacts;
    }

    // A kernel that cannot be read must not hide that it panicked: bare addresses are better than nothing.
    private static ElfFile? LoadSymbols(string kernel)
    {
        try
        {
            return ElfFile.Load(kernel);
        }
        catch (ElfException)
        {
            return null;
        }
    }
}
