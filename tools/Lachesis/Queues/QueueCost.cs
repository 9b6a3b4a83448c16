namespace Lachesis.Tools.Queues;

/// <summary>What an operation costs, in guest instructions, over many repetitions.</summary>
/// <param name="Mean">The mean: what now and then costs more, such as splitting a node, is in it.</param>
/// <param name="Median">The middle one.</param>
/// <param name="Least">The least of them.</param>
/// <param name="Most">The most that any took.</param>
public sealed record QueueCost(double Mean, long Median, long Least, long Most);
