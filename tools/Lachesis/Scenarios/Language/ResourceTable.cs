using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Scenarios.Language;

/// <summary>The resources of a scenario: each comes to be where it is first named.</summary>
internal sealed class ResourceTable
{
    private readonly Dictionary<ScenarioResourceName, ushort> _numbers = [];
    private readonly List<ScenarioResourceName> _names = [];

    /// <summary>How many there are.</summary>
    public uint Count => (uint)_numbers.Count;

    /// <summary>What they are and what they are called, by number.</summary>
    public IReadOnlyList<ScenarioResourceName> Names => _names;

    /// <summary>The semaphore of a name.</summary>
    public ushort Semaphore(ManifestNode node) => Find(ScenarioResourceKind.Semaphore, node, node.Text());

    /// <summary>The mutex of a name.</summary>
    public ushort Mutex(ManifestNode node) => Find(ScenarioResourceKind.Mutex, node, node.Text());

    /// <summary>The condition of a name.</summary>
    public ushort Condition(ManifestNode node) => Find(ScenarioResourceKind.Condition, node, node.Text());

    /// <summary>The barrier of a name.</summary>
    public ushort Barrier(ManifestNode node) => Find(ScenarioResourceKind.Barrier, node, node.Text());

    /// <summary>The shared timer of a name.</summary>
    public ushort Timer(ManifestNode node, string name) => Find(ScenarioResourceKind.Timer, node, name);

    /// <summary>What suspended tasks of a name wait for: a condition, and the mutex that goes with it.</summary>
    public (ushort Condition, ushort Mutex) Suspension(ManifestNode node, string name) =>
        (Find(ScenarioResourceKind.Suspend, node, name), Find(ScenarioResourceKind.SuspendMutex, node, name));

    private ushort Find(ScenarioResourceKind kind, ManifestNode node, string name)
    {
        if (_numbers.TryGetValue(new ScenarioResourceName(kind, name), out ushort number))
        {
            return number;
        }

        if (_numbers.Count == ScenarioLimits.Resources)
        {
            throw node.Error($"more than {ScenarioLimits.Resources} mutexes, conditions, barriers, semaphores and timers");
        }

        number = (ushort)_numbers.Count;
        _numbers.Add(new ScenarioResourceName(kind, name), number);
        _names.Add(new ScenarioResourceName(kind, name));
        return number;
    }
}
