namespace Lachesis.ThreadScale;

/// <summary>What bounds the speed of a worker's loop.</summary>
internal enum WorkLoopKind
{
    /// <summary>Latency: <see cref="DependentChain"/>.</summary>
    Chain,

    /// <summary>Throughput: <see cref="IndependentElements"/>.</summary>
    Throughput,
}

/// <summary>
/// The loops that a worker can run. The same source is compiled into the guest's program and into the host command, which runs it
/// natively to find what the host's own threads gain.
/// </summary>
internal static class WorkLoop
{
    /// <summary>The sum, modulo 2^64, of the values of elements <paramref name="first"/> .. <paramref name="end"/> - 1.</summary>
    internal static ulong SumOf(WorkLoopKind kind, ulong seed, ulong first, ulong end) => kind == WorkLoopKind.Chain
        ? DependentChain.SumOf(seed, first, end)
        : IndependentElements.SumOf(seed, first, end);

    /// <summary>The first element of the part of worker <paramref name="index"/>, if so many workers share
    /// <paramref name="elements"/> elements (below 2^32); of the worker after the last one: the end.</summary>
    internal static ulong Share(ulong elements, uint index, uint workers) => elements * index / workers;
}
