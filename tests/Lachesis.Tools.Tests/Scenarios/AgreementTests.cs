using System.Collections.Generic;
using System.Linq;
using Lachesis.Scenarios;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Scenarios.Results;
using Xunit;

namespace Lachesis.Tools.Tests.Scenarios;

public sealed class AgreementTests
{
    [Theory]
    [InlineData("aabab", "aabab", true)]
    [InlineData("aabab", "aaba", true)]
    [InlineData("aabab", "aa", false)]
    [InlineData("aabab", "aabba", false)]
    [InlineData("ab", "ba", false)]
    public void The_order_is_the_same_but_for_what_one_did_not_come_to(string simulated, string measured, bool same) =>
        Assert.Equal(same, Agreement.Of(Side(simulated, 0.5), Side(measured, 0.5)).SameOrder);

    [Theory]
    [InlineData(0.5, 0.5009, true)]
    [InlineData(0.5, 0.502, false)]
    [InlineData(0.502, 0.5, false)]
    public void Shares_may_differ_by_a_thousandth(double simulated, double measured, bool same) =>
        Assert.Equal(same, Agreement.Of(Side("ab", simulated), Side("ab", measured)).SameShares);

    [Fact]
    public void Stretches_of_one_thread_are_one_dispatch_if_nobody_came_in_between()
    {
        (uint Thread, ScenarioEvent Note)[] stretches =
        [
            (0, Stretch(0, 100)), (0, Stretch(105, 100)), (1, Stretch(300, 50)), (0, Stretch(400, 10)), (0, Stretch(430, 10)),
        ];
        Assert.Equal([new(0, 0, 0, 200), new(300, 0, 1, 50), new(400, 0, 0, 10), new(430, 0, 0, 10)], LogOf(10).Kept);
        Assert.Equal((4, 5), (LogOf(10).Count, LogOf(0).Count));

        DispatchLog LogOf(long toleranceNs)
        {
            var log = new DispatchLog(toleranceNs, keep: true);
            foreach ((uint thread, ScenarioEvent note) in stretches)
            {
                log.Add(thread, note);
            }

            return log;
        }
    }

    private static ScenarioEvent Stretch(long start, long length) => ScenarioEvent.RunInterval(start, length, 0);

    private static (IReadOnlyList<ThreadReport>, IReadOnlyList<ScenarioDispatch>) Side(string order, double share) => (
        [
            .. ((double[])[share, 1 - share]).Select(static (part, index) => new ThreadReport("t", index)
            {
                Name = $"t-{index}", Figures = new ThreadFigures((uint)index, 0), Share = part, Blocked = [],
            }),
        ],
        [.. order.Select(static (thread, index) => new ScenarioDispatch(index * 100, 0, (uint)(thread - 'a'), 100))]);
}
