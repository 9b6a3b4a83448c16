namespace Lachesis.Tools.Queues;

/// <summary>How much more an operation may cost among many threads than among few.</summary>
/// <param name="Operation">Policy and operation, such as "fair/pick".</param>
/// <param name="From">Runnable threads.</param>
/// <param name="To">More of them.</param>
/// <param name="Most">The mean among these is at most so many times the other.</param>
public sealed record QueueGrowth(string Operation, int From, int To, double Most);
