using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Scenarios;

/// <summary>The resources of a scenario: each comes to be where it is first named.</summary>
internal sealed class ResourceTable
{
    private readonly Dictionary<(string Kind, string Name), ushort> _numbers = [];

    /// <summary>How many there are.</summary>
    public uint Count => (uint)_numbers.Count;

    /// <summary>The mutex of a name.</summary>
    public ushort Mutex(ManifestNode node) => Find(ScenarioKeys.Mutex, node, node.Text());

    /// <summary>The condition of a name.</summary>
    public ushort Condition(ManifestNode node) => Find(ScenarioKeys.Wait, node, node.Text());

    /// <summary>The barrier of a name.</summary>
    public ushort Barrier(ManifestNode node) => Find(ScenarioKeys.Barrier, node, node.Text());

    /// <summary>The shared timer of a name.</summary>
    public ushort Timer(ManifestNode node, string name) => Find(ScenarioKeys.Timer, node, name);

    /// <summary>What suspended tasks of a name wait for: a condition, and the mutex that goes with it.</summary>
    public (ushort Condition, ushort Mutex) Suspension(ManifestNode node, string name) =>
        (Find(ScenarioKeys.Suspend, node, name), Find(ScenarioKeys.Resume, node, name));

    private ushort Find(string kind, ManifestNode node, string name)
    {
        if (_numbers.TryGetValue((kind, name), out ushort number))
        {
            return number;
        }

        if (_numbers.Count == ScenarioLimits.Resources)
        {
            throw node.Error($"more than {ScenarioLimits.Resources} mutexes, conditions, barriers and timers");
        }

        number = (ushort)_numbers.Count;
        _numbers.Add((kind, name), number);
        return number;
    }
}
