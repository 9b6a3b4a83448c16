using System.Collections.Generic;

namespace Lachesis.Tools.Gates;

/// <summary>What one gate says about an image.</summary>
/// <param name="Gate">The gate's name.</param>
/// <param name="Checked">What it looked at, with counts: a gate that looked at nothing shows.</param>
/// <param name="Findings">What it does not let through.</param>
public sealed record GateResult(string Gate, string Checked, IReadOnlyList<GateFinding> Findings)
{
    /// <summary>Whether the image passes.</summary>
    public bool Passed => Findings.Count == 0;
}
