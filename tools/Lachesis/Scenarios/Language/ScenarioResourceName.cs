namespace Lachesis.Tools.Scenarios.Language;

/// <summary>What a resource of a scenario is.</summary>
public enum ScenarioResourceKind
{
    /// <summary>A mutex.</summary>
    Mutex,

    /// <summary>A condition.</summary>
    Condition,

    /// <summary>A barrier.</summary>
    Barrier,

    /// <summary>A semaphore.</summary>
    Semaphore,

    /// <summary>A timer that threads share.</summary>
    Timer,

    /// <summary>What suspended threads wait for.</summary>
    Suspend,

    /// <summary>The mutex that goes with it.</summary>
    SuspendMutex,
}

/// <summary>What a resource is and what the file calls it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">What it is called.</param>
public readonly record struct ScenarioResourceName(ScenarioResourceKind Kind, string Name)
{
    /// <summary>Whether a thread can hold it.</summary>
    public bool IsMutex => Kind is ScenarioResourceKind.Mutex or ScenarioResourceKind.SuspendMutex;

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        ScenarioResourceKind.Mutex => $"mutex {Name}",
        ScenarioResourceKind.Condition => $"condition {Name}",
        ScenarioResourceKind.Barrier => $"barrier {Name}",
        ScenarioResourceKind.Semaphore => $"semaphore {Name}",
        ScenarioResourceKind.Timer => $"timer {Name}",
        ScenarioResourceKind.Suspend => $"suspend {Name}",
        _ => $"the mutex of suspend {Name}",
    };
}
