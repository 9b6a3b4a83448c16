using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace Lachesis.Tools.Suites;

/// <summary>
/// Runs suites, as many side by side as the host has CPUs; those that measure time run last, each alone. Among the others the longest
/// begin, so that the end is not one long suite on one CPU.
/// </summary>
/// <param name="logs">Folder of their logs.</param>
/// <param name="width">How many run side by side at most.</param>
/// <param name="progress">Told what goes on.</param>
public sealed class SuiteRunner(string logs, int width, SuiteProgress progress)
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(200);
    private readonly BlockingCollection<FinishedSuite> _ended = [];
    private readonly SuiteDurations _durations = SuiteDurations.Load(Path.Combine(logs, "durations.json"));

    /// <summary>Runs them all, or until it is cancelled.</summary>
    /// <returns>Those that began, in the order in which they ended.</returns>
    public IReadOnlyList<FinishedSuite> Run(IReadOnlyList<Suite> suites, CancellationToken cancellation)
    {
        Directory.CreateDirectory(logs);
        List<Suite> waiting =
        [
            .. suites.Where(static suite => !suite.Alone).OrderByDescending(suite => _durations.Of(suite) ?? double.MaxValue),
            .. suites.Where(static suite => suite.Alone),
        ];
        List<Suite> running = [];
        List<FinishedSuite> finished = [];
        while (running.Count > 0 || (waiting.Count > 0 && !cancellation.IsCancellationRequested))
        {
            while (waiting.Count > 0 && MayStart(waiting[0], running) && !cancellation.IsCancellationRequested)
            {
                Start(waiting[0], cancellation);
                running.Add(waiting[0]);
                waiting.RemoveAt(0);
            }

            if (_ended.TryTake(out FinishedSuite? one, s_tick))
            {
                running.Remove(one.Suite);
                finished.Add(one);
                if (!one.Interrupted)
                {
                    _durations.Note(one.Suite, one.Seconds);
                }

                progress.Ended(one, finished.Count);
            }

            progress.Tick(running, finished.Count);
        }

        return finished;
    }

    private bool MayStart(Suite suite, List<Suite> running) =>
        running.Count == 0 || (running.Count < width && !suite.Alone && !running[0].Alone);

    private void Start(Suite suite, CancellationToken cancellation)
    {
        progress.Started(suite, _durations.Of(suite));
        new Thread(() => _ended.Add(RunOne(suite, cancellation))) { IsBackground = true }.Start();
    }

    private FinishedSuite RunOne(Suite suite, CancellationToken cancellation)
    {
        string log = Path.Combine(logs, suite.Name + ".log");
        Stopwatch clock = Stopwatch.StartNew();
        try
        {
            (int status, string? stopped, double cpu) = SuiteProcess.Run(suite, log, cancellation);
            string[] output = File.Exists(log) ? File.ReadAllLines(log) : [];
            return new FinishedSuite(
                suite, SuiteResult.Of(output, status, stopped), stopped is not null && cancellation.IsCancellationRequested,
                clock.Elapsed.TotalSeconds, cpu, log, output);
        }
        catch (Exception problem) when (problem is IOException or System.ComponentModel.Win32Exception)
        {
            return new FinishedSuite(suite, new SuiteResult(0, 1, 0, problem.Message), false, clock.Elapsed.TotalSeconds, 0, log, []);
        }
    }
}
