using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Lachesis.Simulator;

/// <summary>What a hunt is to do.</summary>
public sealed record HuntOptions
{
    /// <summary>The first seed; those after it follow.</summary>
    public long FirstSeed { get; init; } = 1;

    /// <summary>Seeds to try, at most.</summary>
    public long Seeds { get; init; } = long.MaxValue;

    /// <summary>Choice points to decide, at least; then the hunt ends.</summary>
    public long Points { get; init; } = long.MaxValue;

    /// <summary>How long to go on, at most.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Runs at the same time.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>The mistake to put in.</summary>
    public Bug Bug { get; init; }
}

/// <summary>What a hunt did and found.</summary>
public sealed record HuntResult
{
    /// <summary>Seeds tried.</summary>
    public long Seeds { get; init; }

    /// <summary>Runs made for them: one for most, many for those that try all schedules of a small case.</summary>
    public long Runs { get; init; }

    /// <summary>Choice points decided.</summary>
    public long Points { get; init; }

    /// <summary>Kernel entries.</summary>
    public long Entries { get; init; }

    /// <summary>Times that all invariants were checked.</summary>
    public long Checks { get; init; }

    /// <summary>Threads that the kernel dispatched.</summary>
    public long Dispatches { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>What was found, or null: nothing.</summary>
    public Failure? Failure { get; init; }
}

/// <summary>Tries seed after seed until one fails, or the time is over.</summary>
public sealed class Hunter
{
    private readonly HuntOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly DateTime _began = DateTime.UtcNow;
    private readonly Lock _lock = new();
    private HuntResult _result = new();
    private long _nextSeed;
    private long _seeds;
    private long _failedSeed = long.MaxValue;

    private Hunter(HuntOptions options, CancellationToken cancellation)
    {
        _options = options;
        _cancellation = cancellation;
        _nextSeed = options.FirstSeed;
    }

    /// <summary>Hunts.</summary>
    public static HuntResult Hunt(HuntOptions options, CancellationToken cancellation = default)
    {
        var hunter = new Hunter(options, cancellation);
        var workers = new List<Task>();
        for (int i = 0; i < options.Workers; i++)
        {
            workers.Add(Task.Factory.StartNew(hunter.Work, TaskCreationOptions.LongRunning));
        }

        Task.WaitAll([.. workers], CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
        HuntResult result = hunter._result with { Seeds = hunter._seeds, Elapsed = DateTime.UtcNow - hunter._began };
        return hunter._failedSeed == long.MaxValue
            ? result
            : result with { Failure = Failure.Examine(hunter._failedSeed, options.Bug) };
    }

    private void Work()
    {
        using var crew = new Crew(Plan.MostCpus);
        while (!IsOver())
        {
            long seed = Interlocked.Increment(ref _nextSeed) - 1;
            if (seed - _options.FirstSeed >= _options.Seeds)
            {
                return;
            }

            if (Attempt.Run(Plan.Of(seed, _options.Bug), crew, Add) != null)
            {
                Failed(seed);
            }

            Interlocked.Increment(ref _seeds);
        }
    }

    private bool IsOver() =>
        _cancellation.IsCancellationRequested || DateTime.UtcNow - _began >= _options.Time
        || Volatile.Read(ref _failedSeed) != long.MaxValue || Points >= _options.Points;

    private long Points
    {
        get
        {
            lock (_lock)
            {
                return _result.Points;
            }
        }
    }

    private void Failed(long seed)
    {
        lock (_lock)
        {
            _failedSeed = Math.Min(_failedSeed, seed);
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
                Dispatches = _result.Dispatches + (long)outcome.Dispatches,
            };
        }
    }
}
