using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>How long to measure.</summary>
internal struct Plan
{
    private const long ShortPart = 5;
    private const long SamplesASecond = 200;

    /// <summary>The long measurement of shares, in nanoseconds.</summary>
    internal long LongNs;

    /// <summary>Each of the others.</summary>
    internal long ShortNs;

    /// <summary>How many wakes are timed.</summary>
    internal uint Samples;

    /// <summary>As <c>millis=</c> says.</summary>
    internal static Plan FromArguments(long fallback)
    {
        long milliseconds = Program.Argument("millis", fallback);
        Plan plan;
        plan.LongNs = milliseconds * 1_000_000;
        plan.ShortNs = plan.LongNs / ShortPart;
        plan.Samples = (uint)(milliseconds * SamplesASecond / 1_000);
        return plan;
    }
}
