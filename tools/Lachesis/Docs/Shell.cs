using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading.Tasks;

namespace Lachesis.Tools.Docs;

/// <summary>Runs the commands of documents, each once.</summary>
public sealed class Shell(string folder)
{
    // Not a judgement of how fast the host is: what hangs must end. Boots have shorter limits of their own.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);

    // What a make around this tool passes on to those inside, and what a user may have set, is no part of an example.
    private static readonly string[] s_removed =
    [
        "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "CPUS", "WORKERS", "RUNS", "SCENARIO", "POLICY", "MEASURE", "ACCEL",
        "ICOUNT", "SEED", "TIMEOUT", "SLICE", "FEATURES", "BREAK", "MANIFEST", "DEBUG_KERNEL",
    ];

    private readonly Dictionary<string, ShellResult> _results = [];

    /// <summary>What a command prints and ends with.</summary>
    public ShellResult Run(string command)
    {
        if (!_results.TryGetValue(command, out ShellResult? result))
        {
            result = Execute(command);
            _results.Add(command, result);
        }

        return result;
    }

    /// <summary>The same commands may print something else from here on.</summary>
    public void Forget() => _results.Clear();

    private ShellResult Execute(string command)
    {
        ProcessStartInfo start = new("bash", ["-c", "set -o pipefail; exec </dev/null; " + command])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in s_removed)
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            if (!process.WaitForExit(s_limit))
            {
                return new ShellResult(null, "", $"still running after {s_limit.TotalMinutes:0} minutes");
            }
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }

        return new ShellResult(process.ExitCode, output.Result, error.Result);
    }
}
