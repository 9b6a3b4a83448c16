using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Lachesis.Simulator;

/// <summary>Tries seed after seed until one fails, or until it was enough.</summary>
public sealed class Hunter
{
    private const int PollMilliseconds = 100;

    private readonly HuntOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly DateTime _began = DateTime.UtcNow;
    private readonly Lock _lock = new();
    private readonly List<HangWatch> _watches = [];
    private HuntResult _result = new();
    private long _nextSeed;
    private long? _failedSeed;
    private bool _isOver;

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
        Failure? hung = hunter.WaitFor(workers);
        return hunter.Result(hung);
    }

    private HuntResult Result(Failure? hung)
    {
        HuntResult result;
        long? failed;
        lock (_lock)
        {
            _isOver = true;
            failed = _failedSeed;
            result = _result with
            {
                Elapsed = DateTime.UtcNow - _began,
                Interrupted = _cancellation.IsCancellationRequested,
            };
        }

        return hung != null ? result with { Failure = hung }
            : failed != null ? result with { Failure = Examine(failed.Value) }
            : result;
    }

    // Looking into a failure takes up to minutes, of which nothing is worth waiting for once somebody wants it to end.
    private Failure Examine(long seed)
    {
        Plan plan = _options.PlanOf(seed);
        Task<Failure> examination = Task.Factory.StartNew(
            () =>
            {
                using VirtualCpuThreads crew = NewCrew();
                return Failure.Examine(plan, crew);
            },
            TaskCreationOptions.LongRunning);
        return WaitFor(examination) ?? (examination.IsCompleted ? examination.Result : Failure.Unexamined(plan));
    }

    // Until all tasks have ended or the hunt is to end; gives the run that hangs, or null.
    private Failure? WaitFor(params Task[] tasks)
    {
        Failure? hung = null;
        while (hung == null && !_cancellation.IsCancellationRequested && !Task.WaitAll(tasks, PollMilliseconds, CancellationToken.None))
        {
            hung = FindHung();
        }

        return hung;
    }

    // By the thread that will use it.
    private VirtualCpuThreads NewCrew()
    {
        var crew = new VirtualCpuThreads(Plan.MaxCpus);
        lock (_lock)
        {
            _watches.Add(new HangWatch(crew, _options.MostCpuTime));
        }

        return crew;
    }

    private void Work()
    {
        using VirtualCpuThreads crew = NewCrew();
        while (TakeSeed() is { } seed)
        {
            Outcome? failed = Attempt.Run(_options.PlanOf(seed), crew, Add);
            lock (_lock)
            {
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
            if (enough || _isOver || _failedSeed != null || _cancellation.IsCancellationRequested
                || DateTime.UtcNow - _began >= _options.Time || _nextSeed - _options.FirstSeed >= _options.Seeds)
            {
                return null;
            }

            return _nextSeed++;
        }
    }

    private void Add(Outcome outcome)
    {
        lock (_lock)
        {
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

    private Failure? FindHung()
    {
        lock (_lock)
        {
            Simulation? hung = _watches.Select(static watch => watch.FindHung()).FirstOrDefault(static run => run != null);
            return hung == null ? null : Failure.OfHang(hung);
        }
    }
}
