using System.Collections.Generic;

namespace Lachesis.Tools.Gates;

/// <summary>One rule about images.</summary>
internal abstract class Gate(string name)
{
    private readonly List<GateFinding> _findings = [];

    /// <summary>Checks an image. A gate is made for one check.</summary>
    internal GateResult Run(GateInput input)
    {
        string checkedThings = Check(input);
        return new GateResult(name, checkedThings, _findings);
    }

    /// <summary>Reports what is wrong and returns what was looked at.</summary>
    protected abstract string Check(GateInput input);

    /// <summary>Reports one finding.</summary>
    protected void Report(string place, string message) => _findings.Add(new GateFinding(name, place, message));
}
