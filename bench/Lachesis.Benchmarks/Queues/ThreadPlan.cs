using System;
using Lachesis.Abi;

namespace Lachesis.Benchmarks.Queues;

/// <summary>A thread as both implementations are given it.</summary>
/// <param name="Weight">Its weight.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="RequestNs">Length of its requests.</param>
/// <param name="Lag">Its lag before it is first queued, in virtual nanoseconds.</param>
public readonly record struct ThreadPlan(uint Weight, uint Priority, uint RequestNs, long Lag)
{
    private const int Seed = 20_250_101;

    private static readonly uint[] s_weights = [335, SchedulingLimits.DefaultWeight, SchedulingLimits.DefaultWeight, 3121];
    private static readonly uint[] s_priorities = [0, 51, 102, 153, 204];

    /// <summary>So many threads of a mix of weights, priorities, requests and lags: always the same ones.</summary>
    public static ThreadPlan[] Create(int count)
    {
        Random random = new(Seed);
        ThreadPlan[] plans = new ThreadPlan[count];
        for (int i = 0; i < count; i++)
        {
            uint request = 1000 * (uint)random.Next(300, 3000);
            plans[i] = new ThreadPlan(
                s_weights[random.Next(s_weights.Length)],
                s_priorities[i % s_priorities.Length],
                request,
                random.Next(-(int)request, (int)request) / 4);
        }

        return plans;
    }
}
