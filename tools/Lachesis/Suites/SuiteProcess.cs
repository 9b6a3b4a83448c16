using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Host;

namespace Lachesis.Tools.Suites;

/// <summary>
/// Runs a suite as a session of processes of its own, so that all of it can be ended, whatever it started. What it prints goes to a
/// file.
/// </summary>
internal static class SuiteProcess
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_maxIdle = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    /// <summary>Runs it to its end.</summary>
    /// <remarks>Synchronous on purpose: the host ends the suite when the thread that started it ends.</remarks>
    /// <returns>Its exit status, why it was stopped, or null if it ended by itself, and the seconds of processor time that it
    /// used.</returns>
    public static (int Status, string? Stopped, double CpuSeconds) Run(Suite suite, string log, CancellationToken cancellation)
    {
        using Process process = Process.Start(StartInfo(suite, log))!;
        string? stopped = null;
        double used = 0;
        try
        {
            Stopwatch idle = Stopwatch.StartNew();
            while (!process.WaitForExit(s_poll) && stopped is null)
            {
                double now = SecondsUsed(process.Id);
                if (now > used)
                {
                    idle.Restart();
                    used = now;
                }

                stopped = cancellation.IsCancellationRequested ? "interrupted"
                    : idle.Elapsed > s_maxIdle ? $"hangs: no process of it ran for {s_maxIdle.TotalMinutes} minutes"
                    : used > suite.CpuMinutes * 60 ? $"hangs: it used {suite.CpuMinutes} minutes of processor time"
                    : null;
            }
        }
        finally
        {
            EndSession(process);
        }

        return (process.ExitCode, stopped, used);
    }

    private static ProcessStartInfo StartInfo(Suite suite, string log)
    {
        ProcessStartInfo start = new(
            "setpriv", ["--pdeathsig", "TERM", "setsid", "bash", "-c", $"{{ {suite.Command}\n}} >\"$0\" 2>&1 </dev/null", Path.GetFullPath(log)])
        {
            WorkingDirectory = Repository.Root,
        };

        // A make that a suite starts has nothing to do with the one that started this.
        foreach (string name in (string[])["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "SUITE"])
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    // Those that handle it end what they started; what is left after the grace is ended by force.
    private static void EndSession(Process leader)
    {
        Stopwatch clock = Stopwatch.StartNew();
        bool asked = false;
        for (List<int> left = Members(leader.Id); left.Count > 0; left = Members(leader.Id))
        {
            if (!asked || clock.Elapsed > s_grace)
            {
                string signal = asked ? "-KILL" : "-TERM";
                using Process kill = Process.Start(new ProcessStartInfo("kill", [signal, "--", .. left.Select(static id => $"{id}")])
                {
                    RedirectStandardError = true,
                })!;
                kill.WaitForExit();
                asked = true;
            }

            Thread.Sleep(20);
        }

        leader.WaitForExit();
    }

    private static List<int> Members(int session) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(static path => int.TryParse(Path.GetFileName(path), out int id) ? id : 0)
            .Where(id => id > 0 && ProcStat.SessionOf(id) == session),
    ];

    private static double SecondsUsed(int session) => Members(session).Sum(ProcStat.TreeTicks) / ProcStat.TicksPerSecond;
}
