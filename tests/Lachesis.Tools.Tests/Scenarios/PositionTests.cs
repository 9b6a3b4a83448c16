using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;
using Xunit;
using static Lachesis.Tools.Tests.Scenarios.ScenarioText;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>Sequences of the EEVDF paper, begun from the states that it gives.</summary>
public sealed class PositionTests
{
    private static readonly string[] s_paperOrder =
        ["0 0 two 1000", "1000 0 one 1000", "2000 0 two 1000", "3000 0 one 1000", "4000 0 two 1000", "5000 0 one 1000"];

    private static readonly string[] s_threeOrder =
        ["0 0 c 1000", "1000 0 a 1000", "2000 0 b 1000", "3000 0 c 1000", "4000 0 a 1000"];

    // Figure 1 at t = 1: V = 0.5; client 1 has had one of the two units of its request (0, 1), client 2 asks for (0.5, 1). A unit is
    // 1 ms and weights are 1024 times the paper's, so that virtual times are the paper's.
    [Fact]
    public void The_two_clients_of_figure_1_go_on_from_the_moment_at_which_the_second_comes() => Assert.Equal(
        s_paperOrder,
        Dispatches(
            """
            { "global": { "duration": 0.006 }, "tasks": {
                "two": { "weight": 2048, "request": 1000, "quantum": 1000, "vruntime": 500, "vdeadline": 1000, "run": -1 },
                "one": { "weight": 2048, "request": 2000, "quantum": 1000, "vruntime": 500, "vdeadline": 1000, "run": -1 }
            } }
            """, SchedulingPolicy.Fair));

    // Not the earliest deadline (b's) is served first, but the earliest of those that are eligible: V = 500, b begins at 1000.
    // Then V is 833: a alone is eligible; 1167: a and b, of which b has the earlier deadline; 1500: a and c; 1833: a.
    [Theory]
    [InlineData("\"vruntime\": 0, \"vdeadline\": 3000", "\"vruntime\": 1000, \"vdeadline\": 2000", "\"vruntime\": 500, \"vdeadline\": 2500")]
    [InlineData("\"lag\": 500, \"vdeadline\": 2500", "\"lag\": -500, \"vdeadline\": 1500", "\"lag\": 0, \"vdeadline\": 2000")]
    public void The_earliest_eligible_virtual_deadline_goes_first(string a, string b, string c)
    {
        string json = $$"""
            { "global": { "duration": 0.005 }, "tasks": {
                "a": { "request": 3000, "quantum": 1000, {{a}}, "run": -1 },
                "b": { "request": 1000, "quantum": 1000, {{b}}, "run": -1 },
                "c": { "request": 2000, "quantum": 1000, {{c}}, "run": -1 }
            } }
            """;
        Assert.Equal(s_threeOrder, Dispatches(json, SchedulingPolicy.Fair));
        Simulate(json, SchedulingPolicy.Fair, check: true);
    }

    // Without them, the kernel gives all three the same virtual runtime and half of their first request.
    [Fact]
    public void Without_the_keys_the_order_is_another() => Assert.NotEqual(
        s_threeOrder,
        Dispatches(
            """
            { "global": { "duration": 0.005 }, "tasks": {
                "a": { "request": 3000, "quantum": 1000, "run": -1 },
                "b": { "request": 1000, "quantum": 1000, "run": -1 },
                "c": { "request": 2000, "quantum": 1000, "run": -1 }
            } }
            """, SchedulingPolicy.Fair));

    [Theory]
    [InlineData(2, SchedulingPolicy.Fair)]
    [InlineData(1, SchedulingPolicy.RoundRobin)]
    public void They_are_places_in_one_fair_queue(int cpus, SchedulingPolicy policy) => Assert.EndsWith(
        "tasks.t: lag, vruntime, vdeadline are places in the one queue of the fair policy: run it with --cpus 1 --policy fair",
        Assert.Throws<ManifestException>(() => Task("\"lag\": 1, \"loop\": 1, \"run\": 1").CheckPositions(cpus, policy)).Message,
        System.StringComparison.Ordinal);
}
