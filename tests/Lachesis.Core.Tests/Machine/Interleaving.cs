using System;

using Lachesis.Simulator;

namespace Lachesis.Core.Tests.Machine;

/// <summary>Two entries, one in the middle of the other, at every place where that is possible.</summary>
internal static class Interleaving
{
    private const int MostPoints = 10_000;

    /// <summary>
    /// Runs <paramref name="outer"/> on a new system again and again, each time with <paramref name="inner"/> one point
    /// later in the middle of it, and <paramref name="check"/> afterwards. Gives the number of points.
    /// </summary>
    public static int AtEachPoint(
        Func<SimulatedSystem> make, Action<SimulatedSystem> outer, Action<SimulatedSystem> inner, Action<SimulatedSystem> check)
    {
        for (int point = 1; point < MostPoints; point++)
        {
            using SimulatedSystem system = make();
            int left = point;
            system.OnPoint = () =>
            {
                left--;
                if (left == 0)
                {
                    system.OnPoint = null;
                    inner(system);
                }
            };
            outer(system);
            system.OnPoint = null;
            if (left > 0)
            {
                return point - 1;
            }

            check(system);
        }

        throw new InvariantException("the entry does not end");
    }
}
