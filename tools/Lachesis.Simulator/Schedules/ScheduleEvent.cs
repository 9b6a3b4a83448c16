namespace Lachesis.Simulator;

/// <summary>What a schedule can do at a choice point, other than to let the CPU go on.</summary>
internal enum Decision : byte
{
    /// <summary>Another CPU goes on, though this one could.</summary>
    Switch,

    /// <summary>This CPU cannot go on, and not the next in order does, but another.</summary>
    Follow,

    /// <summary>The oldest store in a CPU's buffer reaches memory.</summary>
    Drain,

    /// <summary>A CPU stands still for a while.</summary>
    Stop,
}

/// <summary>One decision of a schedule. A run is its plan and the list of these; between them the CPU goes on.</summary>
/// <param name="Step">The choice point, counted from the start of the run.</param>
/// <param name="Decision">What happens.</param>
/// <param name="Cpu">To whom.</param>
internal readonly record struct ScheduleEvent(long Step, Decision Decision, int Cpu)
{
    private const string Letters = "sfdx";

    /// <summary>The event in short.</summary>
    public override string ToString() => $"{Step}{Letters[(int)Decision]}{Cpu}";
}
