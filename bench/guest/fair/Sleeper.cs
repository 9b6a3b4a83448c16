using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>
/// A thread that sleeps a moment and then runs for a moment, against four hogs of its CPU: how long after the instant that
/// it asked for does it run?
/// </summary>
internal unsafe struct Sleeper
{
    private const uint HogCount = 4;
    private const long BurstNs = 20_000;
    private const long MinSleepNs = 500_000;
    private const long MaxMoreNs = 1_000_000;
    private const uint WarmUp = 20;
    private const uint HighPriority = 200;

    private Latencies _latencies;
    private Random _random;

    /// <summary>With every setting that makes a difference.</summary>
    internal static void MeasureAll(uint samples)
    {
        Hogs hogs = Hogs.Reserve();
        Sleeper sleeper = default;
        sleeper._latencies = Latencies.Reserve(samples);
        const uint shortest = SchedulingLimits.MinSliceNs;
        const uint usual = SchedulingLimits.DefaultSliceNs;
        sleeper.UnderFair(ref hogs, FairFeatures.All, usual, "sleeper");
        sleeper.UnderFair(ref hogs, FairFeatures.All, shortest, "sleeperShort");
        sleeper.UnderFair(ref hogs, FairFeatures.RunToParity, usual, "sleeperNoBursts");
        sleeper.UnderFair(ref hogs, FairFeatures.RunToParity, shortest, "sleeperShortNoBursts");
        sleeper.UnderFair(ref hogs, FairFeatures.ShortBursts, usual, "sleeperNoParity");
        sleeper.UnderFair(ref hogs, FairFeatures.ShortBursts, shortest, "sleeperShortNoParity");
        Sys.FairFeaturesSet(BootHandle.Policy, FairFeatures.All);
        sleeper.Under(ref hogs, SchedulingPolicy.Priority, "sleeperPriority");
        sleeper.Under(ref hogs, SchedulingPolicy.RoundRobin, "sleeperRoundRobin");
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.Fair);
    }

    private void UnderFair(ref Hogs hogs, FairFeatures features, uint request, string name)
    {
        Sys.FairFeaturesSet(BootHandle.Policy, features);
        Set(SchedulingParameter.SliceNs, request);
        Measure(ref hogs, name);
        Set(SchedulingParameter.SliceNs, SchedulingLimits.DefaultSliceNs);
    }

    private void Under(ref Hogs hogs, SchedulingPolicy policy, string name)
    {
        Sys.PolicySet(BootHandle.Policy, 1, policy);
        Set(SchedulingParameter.Priority, HighPriority);
        Measure(ref hogs, name);
        Set(SchedulingParameter.Priority, SchedulingLimits.DefaultPriority);
    }

    private static void Set(SchedulingParameter parameter, ulong value) =>
        Sys.ThreadSetScheduling(BootHandle.Policy, BootHandle.MainThread, parameter, value);

    private void Measure(ref Hogs hogs, string name)
    {
        for (uint i = 0; i < HogCount; i++)
        {
            hogs.Add(1, 0);
        }

        hogs.Start();
        _random = new Random(1);
        for (uint i = 0; i < WarmUp; i++)
        {
            SleepAndRun();
        }

        for (uint i = 0; i < _latencies.Count; i++)
        {
            _latencies.Set(i, SleepAndRun());
        }

        _latencies.ReportAs(name);
        hogs.Stop();
        hogs.StopAndJoin();
    }

    private long SleepAndRun()
    {
        long instant = Clock.Now() + MinSleepNs + (long)_random.Below(MaxMoreNs);
        Sys.SleepUntil(instant);
        long runs = Clock.Now();
        while (Clock.Now() < runs + BurstNs)
        {
        }

        return runs - instant;
    }
}
