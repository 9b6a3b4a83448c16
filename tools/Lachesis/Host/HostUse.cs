namespace Lachesis.Tools.Host;

/// <summary>How busy the host was around a run.</summary>
/// <param name="Before">Its load average of one minute, as the run started.</param>
/// <param name="After">The same as it ended.</param>
/// <param name="Others">Cores that processes which are not of the run kept busy, on average.</param>
/// <param name="Cores">Cores that the run may use.</param>
public sealed record HostUse(double Before, double After, double Others, int Cores);
