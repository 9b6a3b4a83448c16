using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.QueueTimes;

/// <summary>The program that measures (bench/Lachesis.Benchmarks): a process of its own, as the run queue in it is compiled
/// without the assertions that the host command's has.</summary>
/// <param name="program">The program.</param>
/// <param name="file">Where it leaves its figures, after each round.</param>
/// <param name="rounds">How often it measures each case.</param>
/// <param name="limit">How long it may take.</param>
public sealed class BenchmarkProgram(string program, string file, int rounds, TimeSpan limit)
{
    // "0": nothing that .NET has compiled beforehand, and less well, is used. It is the yardstick's code that this is about.
    private const string Precompiled = "DOTNET_ReadyToRun";

    // From here on it is a signal that ended a process.
    private const int FirstSignalStatus = 129;

    // A terminal's Ctrl-C goes to both processes, and the other may be quicker to end than this one to hear of it.
    private static readonly TimeSpan s_signalDelay = TimeSpan.FromSeconds(1);

    /// <summary>Measures the cases of these names (none: all). What it has not measured within the limit, or until it was cancelled, is
    /// not there.</summary>
    /// <exception cref="ToolException">It cannot be run, or fails.</exception>
    public IReadOnlyList<CaseTimes> Measure(IReadOnlyList<string> names, CancellationToken cancellation)
    {
        File.Delete(file);
        ProcessStartInfo start = new(program, [file, $"{rounds}", .. names]) { RedirectStandardInput = true };
        start.Environment[Precompiled] = "0";
        try
        {
            using Process process = Process.Start(start)!;
            if (Await(process, cancellation) && process.ExitCode != 0 && !WasInterrupted(process, cancellation))
            {
                throw new ToolException($"{program}: exit status {process.ExitCode}");
            }
        }
        catch (Win32Exception)
        {
            throw new ToolException($"{program}: cannot be run; `make bench` builds it");
        }

        return File.Exists(file) ? [.. JsonTable.Read<CaseTimes[]>(file).Where(static one => one.IsComplete)] : [];
    }

    // Whether it ended by itself.
    private bool Await(Process process, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.Register(() => process.Kill(entireProcessTree: true));
        bool ended = process.WaitForExit(limit);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        return ended;
    }

    private static bool WasInterrupted(Process process, CancellationToken cancellation) =>
        process.ExitCode >= FirstSignalStatus && cancellation.WaitHandle.WaitOne(s_signalDelay);
}
