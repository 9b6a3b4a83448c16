using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Elf;
using Lachesis.Tools.Gates.Rules;

namespace Lachesis.Tools.Gates;

/// <summary>All rules that every image has to satisfy, checked on the final machine code.</summary>
public static class ImageGates
{
    /// <summary>Runs every gate.</summary>
    public static IReadOnlyList<GateResult> Run(GateInput input)
    {
        Gate[] gates =
        [
            new UndefinedSymbolsGate(),
            new RuntimeHelpersGate(),
            new VectorGate(),
            new SegmentsGate(),
            new StubSymbolsGate(),
            new PrivilegeGate(),
            new DecodeGate(),
            new PathGate(),
        ];
        return gates.Select(gate => gate.Run(input)).ToArray();
    }

    /// <summary>What the gates do not let through in an image of which no objects are at hand.</summary>
    public static IReadOnlyList<GateFinding> Check(ElfFile image, GateProfile profile) =>
        Run(new GateInput(image, profile)).SelectMany(result => result.Findings).ToArray();
}
