using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Benchmarks.Queues;

namespace Lachesis.Benchmarks;

/// <summary>What is measured.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Operation">What is done.</param>
/// <param name="Runnable">Among how many queued threads.</param>
/// <param name="IsYardstick">Whether on the yardstick, instead of the kernel's queue.</param>
public sealed record QueueCase(SchedulingPolicy Policy, Operation Operation, int Runnable, bool IsYardstick)
{
    /// <summary>Its name without the implementation, such as "fair/pick/1000".</summary>
    public string Name => $"{Policy}/{Operation}/{Runnable}".ToLowerInvariant();

    /// <summary>All cases whose name is selected, the yardstick's right after the kernel's.</summary>
    public static IReadOnlyList<QueueCase> All(Predicate<string> select)
    {
        List<QueueCase> cases = [];
        foreach (SchedulingPolicy policy in
            (SchedulingPolicy[])[SchedulingPolicy.Fair, SchedulingPolicy.Priority, SchedulingPolicy.RoundRobin])
        {
            for (Operation operation = 0; operation < Operation.Count; operation++)
            {
                foreach (int runnable in (int[])[10, 1000, 100_000])
                {
                    cases.Add(new QueueCase(policy, operation, runnable, IsYardstick: false));
                    cases.Add(new QueueCase(policy, operation, runnable, IsYardstick: true));
                }
            }
        }

        return cases.FindAll(one => select(one.Name));
    }

    /// <summary>Its workload.</summary>
    public Workload CreateWorkload() => IsYardstick
        ? Workload.OfYardstick(Policy, Operation, Runnable)
        : Workload.OfKernel(Policy, Operation, Runnable);

    /// <inheritdoc/>
    public override string ToString() => Name + (IsYardstick ? "/sortedset" : "/kernel");
}
