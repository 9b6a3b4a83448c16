namespace Lachesis.Tools.Queues;

/// <summary>One case of the table.</summary>
/// <param name="Name">Policy, operation and number of runnable threads, such as "fair/pick/1000".</param>
/// <param name="Reach">How many times as fast as the yardstick it is to be, or null.</param>
/// <param name="Accepted">Its time as a part of the yardstick's when last accepted, or null.</param>
/// <param name="Spread">How much the rounds' ratios differed then, as a part of their median. For information.</param>
/// <param name="KernelNs">Nanoseconds an operation then. For information: they are those of one machine.</param>
/// <param name="YardstickNs">The yardstick's.</param>
public sealed record QueueCase(string Name, double? Reach, double? Accepted, double? Spread, double? KernelNs, double? YardstickNs);
