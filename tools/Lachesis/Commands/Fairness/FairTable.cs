using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands.Fairness;

/// <summary>bench/fair.json: what is measured of fairness and latency, on which machine, and what it must be.</summary>
public sealed class FairTable
{
    /// <summary>The expectations, in the order in which they are shown.</summary>
    public required IReadOnlyList<FairExpectation> Rows { get; init; }

    /// <summary>The machines that they need, in the order in which they are first named.</summary>
    public IEnumerable<FairMachine> Machines => Rows.Select(static row => row.Machine).Distinct();

    /// <summary>Reads a table.</summary>
    public static FairTable Load(string path) => JsonTable.Read<FairTable>(path);
}

/// <summary>A machine that something is measured on.</summary>
/// <param name="Cpus">Virtual CPUs.</param>
/// <param name="Counted">Whether time is instructions, on one host thread: then figures repeat to the digit.</param>
public sealed record FairMachine(int Cpus, bool Counted)
{
    /// <summary>As a folder of evidence is called.</summary>
    public string Name => Counted ? $"icount{Cpus}" : $"smp{Cpus}";
}

/// <summary>One figure and what it must be.</summary>
/// <param name="What">What is measured, in words.</param>
/// <param name="Cpus">Virtual CPUs.</param>
/// <param name="Counted">See <see cref="FairMachine.Counted"/>.</param>
/// <param name="Metric">The guest's name of the figure.</param>
/// <param name="Unit">What the figure is shown in.</param>
/// <param name="Scale">How many of that one of the guest's is.</param>
/// <param name="Most">The most that it may be, in that unit; null: shown for contrast.</param>
/// <param name="LeastSeconds">It says something only if measured for so long.</param>
/// <param name="Peers">What others come to.</param>
public sealed record FairExpectation(
    string What,
    int Cpus,
    bool Counted,
    string Metric,
    string Unit,
    double Scale,
    double? Most,
    int LeastSeconds,
    string Peers)
{
    /// <summary>Where it is measured.</summary>
    public FairMachine Machine => new(Cpus, Counted);
}
