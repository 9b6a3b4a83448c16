using System.Collections.Generic;

namespace Lachesis.Tools.Suites;

/// <summary>A suite that has run.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Result">What it came to.</param>
/// <param name="Interrupted">It was ended because all of them were.</param>
/// <param name="Seconds">How long it took, on the host's clock.</param>
/// <param name="CpuSeconds">Processor time that it used.</param>
/// <param name="Log">Where what it printed is.</param>
/// <param name="Output">What it printed.</param>
public sealed record FinishedSuite(
    Suite Suite, SuiteResult Result, bool Interrupted, double Seconds, double CpuSeconds, string Log, IReadOnlyList<string> Output);
