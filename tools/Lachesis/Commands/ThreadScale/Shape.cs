namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>One row of thread-scale: how many threads share the work, on how many CPUs.</summary>
/// <param name="Workers">Threads.</param>
/// <param name="Cpus">CPUs that they may run on.</param>
public readonly record struct Shape(int Workers, int Cpus)
{
    /// <summary>As the guest and the options write it.</summary>
    public override string ToString() => $"{Workers}x{Cpus}";
}
