using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Threading;
using Lachesis.Tools.Boots;
using Lachesis.Tools.Host;

namespace Lachesis.Tools.Qemu;

/// <summary>
/// Runs QEMU to its end. None is left behind: it is killed at the time limit, on cancellation, on any exception, and by the
/// kernel of the host when this process dies in a way that lets it do nothing (SIGKILL).
/// </summary>
public static class QemuMachine
{
    private const long MaxReportBytes = 32L << 20;
    private const long MaxSerialBytes = 256L << 20;
    private static readonly ConcurrentDictionary<string, string> s_versions = new();
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_pollWithCompanion = TimeSpan.FromMilliseconds(20);

    /// <summary>What to do when there is no QEMU.</summary>
    public const string InstallHint = "install it with: apt-get install qemu-system-x86";

    /// <summary>The version that a QEMU program says it is, such as "7.2.22", or "unknown".</summary>
    /// <exception cref="ToolException">There is no such program.</exception>
    public static string Version(string qemu) => s_versions.GetOrAdd(qemu, static program =>
        QemuProgram.ReadVersion(FindProgram(program) ?? throw NotFound(program)) ?? "unknown");

    /// <summary>Boots once and waits. The ramdisk must be in its place already.</summary>
    /// <remarks>
    /// Synchronous on purpose: the host kills QEMU when the thread that started it ends, so that thread must stay.
    /// </remarks>
    internal static QemuExit Run(
        MachineOptions options, MachineFiles files, CancellationToken cancellation, IBootCompanion? companion = null)
    {
        if (cancellation.IsCancellationRequested)
        {
            return new QemuExit(0, TimedOut: false, Flooded: false, TripleFault: false, Message: "", Seconds: 0, OtherLoad: 0)
            {
                Interrupted = true,
            };
        }

        ProcessStartInfo start = StartInfo(options, files, null, companion is null ? [] : MachineMonitor.Arguments);
        start.RedirectStandardOutput = companion is not null;
        using Process process = Start(start, options.Qemu);
        using MachineMonitor? monitor = companion is null ? null : new(process);
        string message = "";
        process.ErrorDataReceived += (_, line) => message = string.IsNullOrWhiteSpace(line.Data) ? message : line.Data.Trim();
        process.BeginErrorReadLine();
        try
        {
            Stopwatch clock = Stopwatch.StartNew();
            HostLoad load = new(process.Id);
            RunningTime running = new(process.Id);
            TimeSpan before = TimeSpan.Zero;
            bool timedOut = false;
            bool flooded = false;
            bool interrupted = false;
            while (!process.WaitForExit(companion is null ? s_poll : s_pollWithCompanion))
            {
                interrupted = cancellation.IsCancellationRequested;
                companion?.Poll(monitor!, files);
                load.Sample();
                TimeSpan now = clock.Elapsed;
                if (now - before >= s_poll)
                {
                    running.Advance(now - before);
                    before = now;
                }

                timedOut = running.Elapsed >= options.TimeLimit;
                flooded = Length(files.Report) > MaxReportBytes || Length(files.Serial) > MaxSerialBytes;
                if (timedOut || flooded || interrupted)
                {
                    Kill(process);
                    break;
                }
            }

            double seconds = clock.Elapsed.TotalSeconds;
            process.WaitForExit();
            return new QemuExit(
                process.ExitCode, timedOut, flooded, TripleFaulted(process, options, files), message, seconds,
                load.Others(seconds))
            {
                Interrupted = interrupted,
            };
        }
        finally
        {
            Kill(process);
        }
    }

    /// <summary>
    /// Boots stopped before the first instruction, with a gdb stub listening on a socket, and runs an action meanwhile.
    /// QEMU ends with the action. It has a session of its own, so that the Ctrl-C with which gdb stops the guest does not
    /// end it.
    /// </summary>
    public static void RunStopped(MachineOptions options, MachineFiles files, string socket, Action<Process> action)
    {
        ProcessStartInfo start = StartInfo(
            options,
            files,
            FindProgram("setsid"),
            "-S", "-chardev", $"socket,id=gdb,path={QemuArguments.Escape(socket)},server=on,wait=off", "-gdb", "chardev:gdb");
        using Process process = Start(start, options.Qemu);
        try
        {
            action(process);
        }
        finally
        {
            Kill(process);
        }
    }

    private static ProcessStartInfo StartInfo(
        MachineOptions options, MachineFiles files, string? wrapper = null, params string[] more)
    {
        // setpriv (util-linux) asks the host to kill QEMU with its parent; it then becomes QEMU, so the process id is
        // QEMU's.
        string? setpriv = FindProgram("setpriv");
        List<string> line = setpriv is null
            ? [options.Qemu]
            : [setpriv, "--pdeathsig", "KILL", FindProgram(options.Qemu) ?? throw NotFound(options.Qemu)];
        if (wrapper is not null)
        {
            line.Insert(line.Count - 1, wrapper);
        }

        ProcessStartInfo start = new(line[0], [.. line[1..], .. QemuArguments.Compose(options, files), .. more]);

        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        return start;
    }

    private static Process Start(ProcessStartInfo start, string qemu)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw NotFound(qemu);
        }
    }

    private static ToolException NotFound(string qemu) => new($"cannot run {qemu}: {InstallHint}");

    internal static string? FindProgram(string name)
    {
        if (name.Contains('/'))
        {
            return File.Exists(name) ? name : null;
        }

        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            string path = Path.Combine(folder, name);
            if (folder.Length > 0 && File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static void Kill(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
    }

    private static long Length(string path)
    {
        FileInfo file = new(path);
        return file.Exists ? file.Length : 0;
    }

    // TCG says so in its log. KVM says nothing: with -no-reboot a reset ends QEMU with status 0, which isa-debug-exit cannot
    // give, and this kernel never asks for one.
    private static bool TripleFaulted(Process process, MachineOptions options, MachineFiles files) =>
        options.Accelerator == "tcg"
            ? File.Exists(files.Resets) && File.ReadAllText(files.Resets).Contains("Triple fault")
            : process.ExitCode == 0;
}
