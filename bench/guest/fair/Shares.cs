using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>What competitors have got, and how far the one that is furthest off is from what its weight entitles it to.</summary>
internal unsafe struct Shares
{
    private const long Parts = 1_000_000_000;

    private fixed ulong _runtimes[(int)Hogs.Most];
    private fixed ulong _weights[(int)Hogs.Most];
    private uint _count;
    private ulong _runtime;
    private ulong _weight;

    /// <summary>One more competitor.</summary>
    internal void Add(ulong runtime, ulong weight)
    {
        _runtimes[_count] = runtime;
        _weights[_count] = weight;
        _count++;
        _runtime += runtime;
        _weight += weight;
    }

    /// <summary>All together, in nanoseconds.</summary>
    internal readonly long TotalNs => (long)_runtime;

    /// <summary>What one got, in nanoseconds.</summary>
    internal readonly long RuntimeOf(uint number) => (long)_runtimes[number];

    /// <summary>The lag of one: its part of what all got together, less what it got.</summary>
    internal readonly long LagOf(uint number) =>
        ((long)(_runtime * _weights[number]) / (long)_weight) - (long)_runtimes[number];

    /// <summary>The greatest lag, whichever sign it has.</summary>
    internal readonly long WorstLag()
    {
        long worst = 0;
        for (uint i = 0; i < _count; i++)
        {
            long lag = LagOf(i);
            lag = lag < 0 ? -lag : lag;
            worst = lag > worst ? lag : worst;
        }

        return worst;
    }

    /// <summary>A lag as a part of what all got, in billionths.</summary>
    internal readonly long PartOf(long lag) => lag * Parts / (long)_runtime;

    /// <summary>What one got as a part of what all got, in billionths.</summary>
    internal readonly long SharePpbOf(uint number) => (long)(_runtimes[number] * (Parts / 1_000) / (_runtime / 1_000));

    /// <summary>Reports the worst lag, and the same as a part of all.</summary>
    internal readonly void ReportWorst(string name)
    {
        Metric(name, "LagNs", WorstLag());
        Metric(name, "ErrorPpb", PartOf(WorstLag()));
    }

    /// <summary>A metric whose name is put together of two parts.</summary>
    internal static void Metric(string name, string suffix, long value)
    {
        Text text = default;
        text.Add(name);
        text.Add(suffix);
        Report.Metric(in text, value);
    }
}
