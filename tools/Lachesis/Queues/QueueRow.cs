using System.Collections.Generic;
using System.Globalization;

namespace Lachesis.Tools.Queues;

/// <summary>One case, as accepted and as measured.</summary>
/// <param name="Case">What the table says of it.</param>
/// <param name="Now">What it costs now, or null if it was not measured.</param>
public sealed record QueueRow(QueueCase Case, QueueCost? Now)
{
    /// <summary>Change of the mean since accepted, as a part of it, or null if there is nothing to compare with.</summary>
    public double? Change => Case.Accepted is { Mean: > 0 } accepted && Now is not null
        ? (Now.Mean - accepted.Mean) / accepted.Mean
        : null;

    /// <summary>What is wrong.</summary>
    /// <param name="tolerance">The part by which a figure may exceed the accepted one.</param>
    public IEnumerable<string> Problems(double tolerance)
    {
        if (Now is null)
        {
            yield return $"{Case.Name} was not measured";
        }
        else if (Case.Accepted is QueueCost accepted)
        {
            if (Now.Mean > accepted.Mean * (1 + tolerance))
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture, $"{Case.Name} costs {Now.Mean}, accepted were {accepted.Mean}");
            }

            if (Now.Most > accepted.Most * (1 + tolerance))
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture, $"{Case.Name} costs {Now.Most} at most, accepted were {accepted.Most}");
            }
        }
    }
}
