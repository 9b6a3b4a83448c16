namespace Lachesis.Benchmarks.Queues;

/// <summary>Nothing is to be told of single operations: BenchmarkDotNet times them all together.</summary>
public readonly struct NoProbe : IProbe
{
    /// <inheritdoc/>
    public void Begin()
    {
    }

    /// <inheritdoc/>
    public void End()
    {
    }

    /// <inheritdoc/>
    public void Complete()
    {
    }
}
