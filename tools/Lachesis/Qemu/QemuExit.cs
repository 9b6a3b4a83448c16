namespace Lachesis.Tools.Qemu;

/// <summary>How a QEMU process ended.</summary>
/// <param name="Status">Exit status; meaningless after a time-out.</param>
/// <param name="TimedOut">It was still running at the time limit, and was killed.</param>
/// <param name="Flooded">It was killed because its output files grew past all reason.</param>
/// <param name="TripleFault">Its own log says that a CPU triple-faulted.</param>
/// <param name="Message">The last line that it wrote to standard error, or empty.</param>
/// <param name="Seconds">How long it ran on the host's clock.</param>
/// <param name="OtherLoad">Host cores that processes other than QEMU kept busy meanwhile, on average.</param>
public sealed record QemuExit(
    int Status,
    bool TimedOut,
    bool Flooded,
    bool TripleFault,
    string Message,
    double Seconds,
    double OtherLoad)
{
    /// <summary>It was killed because somebody asked the tool to end.</summary>
    public bool Interrupted { get; init; }
}
