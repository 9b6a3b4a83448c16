using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Benchmarks.Queues;

/// <summary>A thread as every implementation is given it: one of a mix of weights, priorities, requests and lags.</summary>
public readonly struct ThreadPlan
{
    /// <summary>The weight of the light ones.</summary>
    public const uint LightWeight = 335;

    /// <summary>The weight of the heavy ones.</summary>
    public const uint HeavyWeight = 3121;

    // Virtual nanoseconds and nanoseconds are of the same size at the default weight.
    private const uint MinRequestMicroseconds = 300;
    private const uint MaxRequestMicroseconds = 3000;
    private const uint Priorities = 5;
    private const uint PriorityStep = 51;
    private const ulong Seed = 20_250_101;

    /// <summary>Thread number <paramref name="number"/>: always the same one.</summary>
    public ThreadPlan(int number)
    {
        Random random = new(Seed + (ulong)number);
        RequestNs = 1000 * (uint)(MinRequestMicroseconds + random.Below(MaxRequestMicroseconds - MinRequestMicroseconds));
        Weight = random.Below(4) switch
        {
            0 => LightWeight,
            1 => HeavyWeight,
            _ => SchedulingLimits.DefaultWeight,
        };
        Lag = ((long)random.Below(2 * RequestNs) - RequestNs) / 4;
        Priority = (uint)number % Priorities * PriorityStep;
    }

    /// <summary>Its weight.</summary>
    public uint Weight { get; }

    /// <summary>Its priority.</summary>
    public uint Priority { get; }

    /// <summary>Length of its requests.</summary>
    public uint RequestNs { get; }

    /// <summary>Its lag before it is first queued, in virtual nanoseconds.</summary>
    public long Lag { get; }
}
