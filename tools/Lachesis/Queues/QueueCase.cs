using System;
using System.Globalization;

namespace Lachesis.Tools.Queues;

/// <summary>One case of the table.</summary>
/// <param name="Name">Policy, operation and number of runnable threads, such as "fair/pick/1000".</param>
/// <param name="Accepted">What it cost when last accepted, or null.</param>
public sealed record QueueCase(string Name, QueueCost? Accepted)
{
    /// <summary>Its name without the number of threads, such as "fair/pick".</summary>
    public string Operation => Name[..Name.LastIndexOf('/')];

    /// <summary>The number of runnable threads; 0 if the name holds none.</summary>
    public int Runnable => int.TryParse(
        Name.AsSpan(Name.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int runnable) ? runnable : 0;
}
