using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace Lachesis.Tools.Queues;

/// <summary>The program that measures (bench/Lachesis.Benchmarks): a process of its own, as the run queue in it is compiled
/// without the assertions that the host command's has.</summary>
/// <param name="program">The program.</param>
/// <param name="folder">Where it leaves its figures.</param>
/// <param name="rounds">How often it measures each case.</param>
/// <param name="limit">How long it may take.</param>
public sealed class QueueBenchmarks(string program, string folder, int rounds, TimeSpan limit)
{
    // "0": nothing that .NET has compiled beforehand, and less well, is used. It is the yardstick's code that this is about.
    private const string Precompiled = "DOTNET_ReadyToRun";

    /// <summary>Measures the cases of these names.</summary>
    public IReadOnlyList<QueueFigures> Measure(IReadOnlyList<string> names, CancellationToken cancellation)
    {
        string file = Path.Combine(folder, "measured.json");
        File.Delete(file);
        ProcessStartInfo start = new(program, [file, $"{rounds}", .. names]) { RedirectStandardInput = true };
        start.Environment[Precompiled] = "0";
        try
        {
            using Process process = Process.Start(start)!;
            Await(process, cancellation);
            if (process.ExitCode != 0)
            {
                throw new ToolException($"{program}: exit status {process.ExitCode}");
            }
        }
        catch (Win32Exception)
        {
            throw new ToolException($"{program}: cannot be run; `make bench` builds it");
        }

        return QueueTable.Read<QueueFigures[]>(file);
    }

    private void Await(Process process, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.Register(() => process.Kill(entireProcessTree: true));
        bool ended = process.WaitForExit(limit);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        cancellation.ThrowIfCancellationRequested();
        if (!ended)
        {
            throw new ToolException($"{program}: took longer than {limit.TotalSeconds} seconds");
        }
    }
}
