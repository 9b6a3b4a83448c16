using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Lachesis.Simulator;

/// <summary>Tries seed after seed until one fails, or until it was enough.</summary>
public sealed class Hunter
{
    // A run takes milliseconds. One that hangs does so in a loop of the core that has no choice point: it uses this much of the
    // CPU, of which each worker has its share, however busy the host is.
    private static readonly TimeSpan s_mostCpuTime = TimeSpan.FromSeconds(60);

    private const int PollMilliseconds = 100;

    private readonly HuntOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly DateTime _began = DateTime.UtcNow;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, TimeSpan> _running = [];
    private HuntResult _result = new();
    private long _nextSeed;
    private long? _failedSeed;

    private Hunter(HuntOptions options, CancellationToken cancellation)
    {
        _options = options;
        _cancellation = cancellation;
        _nextSeed = options.FirstSeed;
    }

    /// <summary>Hunts.</summary>
    /// <param name="options">What is to be done.</param>
    /// <param name="cancellation">Ends the hunt at once; what it had found out by then is the result. Runs that were at work are
    /// left to themselves, on threads that end with the process.</param>
    public static HuntResult Hunt(HuntOptions options, CancellationToken cancellation = default)
    {
        var hunter = new Hunter(options, cancellation);
        Task[] workers = [.. Enumerable.Range(0, options.Workers)
            .Select(_ => Task.Factory.StartNew(hunter.Work, TaskCreationOptions.LongRunning))];
        long? hung = null;
        while (hung == null && !cancellation.IsCancellationRequested && !Task.WaitAll(workers, PollMilliseconds, CancellationToken.None))
        {
            hung = hunter.FindHung();
        }

        return hunter.Result(hung);
    }

    private HuntResult Result(long? hung)
    {
        HuntResult result;
        long? failed;
        lock (_lock)
        {
            failed = _failedSeed;
            result = _result with
            {
                Elapsed = DateTime.UtcNow - _began,
                Interrupted = _cancellation.IsCancellationRequested,
            };
        }

        return hung != null ? result with { Failure = Failure.OfHang(hung.Value, _options.Bug) }
            : failed != null ? result with { Failure = Examine(failed.Value) }
            : result;
    }

    // Looking into a failure takes up to minutes, of which nothing is worth waiting for once somebody wants it to end.
    private Failure Examine(long seed)
    {
        Task<Failure> examination = Task.Factory.StartNew(
            () => Failure.Examine(seed, _options.Bug), TaskCreationOptions.LongRunning);
        while (!examination.IsCompleted && !_cancellation.IsCancellationRequested)
        {
            ((IAsyncResult)examination).AsyncWaitHandle.WaitOne(PollMilliseconds);
        }

        return examination.IsCompleted ? examination.GetAwaiter().GetResult() : Failure.Unexamined(seed, _options.Bug);
    }

    private void Work()
    {
        using var crew = new Crew(Plan.MostCpus);
        while (TakeSeed() is { } seed)
        {
            Outcome? failed = Attempt.Run(Plan.Of(seed, _options.Bug), crew, outcome => Add(seed, outcome));
            lock (_lock)
            {
                _running.Remove(seed);
                _result = _result with { Seeds = _result.Seeds + 1 };
                _failedSeed = failed == null ? _failedSeed : Math.Min(_failedSeed ?? seed, seed);
            }
        }
    }

    private long? TakeSeed()
    {
        lock (_lock)
        {
            bool enough = _result.Points >= _options.Points && _result.Dispatches >= _options.Dispatches;
            if (enough || _failedSeed != null || _cancellation.IsCancellationRequested
                || DateTime.UtcNow - _began >= _options.Time || _nextSeed - _options.FirstSeed >= _options.Seeds)
            {
                return null;
            }

            _running[_nextSeed] = CpuTime();
            return _nextSeed++;
        }
    }

    private void Add(long seed, Outcome outcome)
    {
        lock (_lock)
        {
            _running[seed] = CpuTime();
            _result = _result with
            {
                Runs = _result.Runs + 1,
                Points = _result.Points + outcome.Points,
                Entries = _result.Entries + outcome.Entries,
                Checks = _result.Checks + outcome.Checks,
                Counters = outcome.Points == 0 ? _result.Counters : [.. _result.Counters.Zip(outcome.Counters, (a, b) => a + b)],
                Dispatches = _result.Dispatches + (long)outcome.Dispatches,
            };
        }
    }

    // All threads together.
    private static TimeSpan CpuTime() => Environment.CpuUsage.TotalTime;

    private long? FindHung()
    {
        lock (_lock)
        {
            foreach ((long seed, TimeSpan heard) in _running)
            {
                if (CpuTime() - heard > s_mostCpuTime * _options.Workers)
                {
                    return seed;
                }
            }

            return null;
        }
    }
}
