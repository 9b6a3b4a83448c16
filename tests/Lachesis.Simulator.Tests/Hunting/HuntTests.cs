using System.Globalization;
using Lachesis.Abi;
using Xunit;
using Xunit.Abstractions;

namespace Lachesis.Simulator.Tests.Hunting;

/// <summary>The hunt itself. The same seeds every time: whoever changes the core gets other runs of them; `make fuzz` tries
/// others.</summary>
public sealed class HuntTests(ITestOutputHelper output)
{
    private const long Least = 10_000_000;

    /// <summary>What interleaved runs must reach, or they would show nothing.</summary>
    private static readonly Counter[] s_reached =
    [
        Counter.Preemptions, Counter.MigrationsIn, Counter.StealsWon, Counter.WakesRemote, Counter.ReschedulesReceived,
        Counter.PlacedLastIdle, Counter.PlacedOtherIdle, Counter.PlacedLastBusy, Counter.PlacedByMask,
        Counter.RunQueueLocksContended, Counter.PicksQueued, Counter.PicksArrived, Counter.PicksStolen, Counter.PicksHandedOver,
        Counter.PicksExchanged, Counter.PicksKept, Counter.PicksDiverted, Counter.PicksNone, Counter.SerialBytes,
    ];

    [Fact]
    public void Ten_million_choice_points_and_ten_million_dispatches_show_nothing_wrong()
    {
        HuntResult result = Hunter.Hunt(new HuntOptions
        {
            Points = Least,
            Dispatches = Least,
        });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result}"));
        Assert.All(s_reached, counter => Assert.True(result.Counters[(int)counter] > 1000, $"{counter} was hardly reached"));
        Assert.True(result.Failure == null, $"{result.Failure}");
        Assert.True(result.Points >= Least, $"only {result.Points} choice points");
        Assert.True(result.Dispatches >= Least, $"only {result.Dispatches} dispatches");
    }
}
