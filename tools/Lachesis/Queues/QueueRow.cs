using System.Globalization;

namespace Lachesis.Tools.Queues;

/// <summary>One case, as accepted and as measured.</summary>
/// <param name="Case">What the table says of it.</param>
/// <param name="Figures">What was measured, or null.</param>
/// <param name="Attempts">How often it was measured: once, and again for each time that it failed.</param>
public sealed record QueueRow(QueueCase Case, QueueFigures? Figures, int Attempts)
{
    /// <summary>Ratios that are worse than accepted by more than this part are a failure.</summary>
    public const double Tolerance = 0.10;

    /// <summary>Change since accepted, as a part of it, or null if there is nothing to compare with.</summary>
    public double? Change => Figures is null || Case.Accepted is not double accepted
        ? null
        : (Figures.Ratio - accepted) / accepted;

    /// <summary>Whether the goal is reached; null if there is none or nothing was measured.</summary>
    public bool? Reaches => Figures is null || Case.Reach is not double reach ? null : Figures.Ratio * reach <= 1;

    /// <summary>What is wrong, or null. A goal counts once a figure that reached it was accepted; before, it is only
    /// shown.</summary>
    public string? Problem
    {
        get
        {
            if (Figures is not { IsComplete: true })
            {
                return $"{Case.Name} was not measured";
            }

            if (Figures.Bytes > 0)
            {
                return $"{Case.Name} allocates";
            }

            if (Reaches == false && (Case.Accepted is null || Case.Accepted * Case.Reach <= 1))
            {
                return $"{Case.Name} is {Show(1 / Figures.Ratio, "0.###")} times as fast as the sorted set, not {Show(Case.Reach, "0.###")}";
            }

            return Change > Tolerance
                ? $"{Case.Name} takes {Show(Figures.Ratio, "0.####")} of the sorted set's time, accepted were {Show(Case.Accepted, "0.####")}"
                : null;
        }
    }

    /// <summary>The better of this and another measurement of the case.</summary>
    public QueueRow Or(QueueFigures again)
    {
        bool better = Figures is not { IsComplete: true } || again.Bytes < Figures.Bytes
            || (again.Bytes == Figures.Bytes && again.Ratio < Figures.Ratio);
        return this with { Figures = better ? again : Figures, Attempts = Attempts + 1 };
    }

    private static string Show(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
