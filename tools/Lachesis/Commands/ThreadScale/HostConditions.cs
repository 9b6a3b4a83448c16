using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Host;

namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>The host's own runs of the workers' loop with so many threads.</summary>
/// <param name="Threads">Threads that shared the work.</param>
/// <param name="WorkNs">How long each run took, in nanoseconds.</param>
internal sealed record HostRow(int Threads, IReadOnlyList<long> WorkNs);

/// <summary>What was measured of the host in the course of a thread-scale run.</summary>
/// <param name="Cpus">How many CPUs' worth of time this process may use.</param>
/// <param name="Contention">What else went on while the guest ran.</param>
/// <param name="Rows">The host's own runs, by threads; that of one thread among them.</param>
/// <param name="Complete">Whether the host had its turn before each of the guest's.</param>
internal sealed record HostConditions(int Cpus, HostContention Contention, IReadOnlyList<HostRow> Rows, bool Complete)
{
    /// <summary>How many times faster than one of its threads so many were, turn by turn; empty if that was not
    /// measured.</summary>
    public IReadOnlyList<double> Speedups(int threads)
    {
        IReadOnlyList<long> alone = Find(1);
        IReadOnlyList<long> together = Find(threads);
        return [.. alone.Zip(together, static (one, many) => (double)one / Math.Max(many, 1))];
    }

    /// <summary>The median of <see cref="Speedups"/>, 1 for one thread; null if it was not measured.</summary>
    public double? Speedup(int threads) => threads == 1 ? 1
        : Speedups(threads) is { Count: > 0 } all ? Statistics.Quantile(all, 0.5)
        : null;

    private IReadOnlyList<long> Find(int threads) =>
        Rows.FirstOrDefault(row => row.Threads == threads)?.WorkNs ?? [];
}
