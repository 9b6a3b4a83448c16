using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>The figures of one operation, one each time that it was done.</summary>
public unsafe struct Samples
{
    /// <summary>Times that an operation is done before any counts.</summary>
    public const int WarmUp = 64;

    private const uint MaxRuns = (uint)(CallLimits.MaxMapBytes / sizeof(ulong));

    private ulong* _values;
    private ulong _overhead;

    /// <summary>How many.</summary>
    public uint Count;

    /// <summary>Room for so many, and what it costs to measure nothing; false without memory.</summary>
    public static bool TryAllocate(uint runs, out Samples samples)
    {
        samples = default;
        samples.Count = runs < MaxRuns ? runs : MaxRuns;
        SystemResult memory = Sys.MemoryMap(BootHandle.Process, samples.Count * sizeof(ulong));
        samples._values = (ulong*)memory.Value;
        if (memory.Error != Error.None)
        {
            return false;
        }

        for (uint i = 0; i < samples.Count; i++)
        {
            ulong began = Clock.Ticks();
            samples._values[i] = Clock.Ticks() - began;
        }

        samples._overhead = samples.Median();
        return true;
    }

    /// <summary>Keeps what passed between two readings of the clock, less what reading costs.</summary>
    public readonly void SetElapsed(uint index, ulong elapsed) => _values[index] = elapsed - _overhead;

    /// <summary>The same for an interval that holds the operation <paramref name="times"/> times.</summary>
    public readonly void SetElapsed(uint index, ulong elapsed, uint times) => _values[index] = (elapsed - _overhead) / times;

    /// <summary>Keeps a figure as it is.</summary>
    public readonly void SetRaw(uint index, ulong value) => _values[index] = value;

    /// <summary>Reports median, least and most.</summary>
    public readonly void Report(string name)
    {
        Text text = default;
        text.Add(name);
        Report(in text);
    }

    /// <summary>The same under a name that is put together.</summary>
    public readonly void Report(in Text name)
    {
        ulong least = ulong.MaxValue;
        ulong most = 0;
        for (uint i = 0; i < Count; i++)
        {
            least = _values[i] < least ? _values[i] : least;
            most = _values[i] > most ? _values[i] : most;
        }

        User.Report.Metric(in name, (long)Median());
        ReportNamed(in name, "Min", least);
        ReportNamed(in name, "Max", most);
    }

    /// <summary>Reports the sum, from which the host gets the mean.</summary>
    public readonly void ReportSum(in Text name)
    {
        ulong sum = 0;
        for (uint i = 0; i < Count; i++)
        {
            sum += _values[i];
        }

        ReportNamed(in name, "Sum", sum);
    }

    private static void ReportNamed(in Text name, string suffix, ulong value)
    {
        Text text = name;
        text.Add(suffix);
        User.Report.Metric(in text, (long)value);
    }

    // By bisection of the value: the least that at least half of the figures do not exceed.
    private readonly ulong Median()
    {
        ulong low = 0;
        ulong high = uint.MaxValue;
        while (low < high)
        {
            ulong middle = low + ((high - low) / 2);
            uint below = 0;
            for (uint i = 0; i < Count; i++)
            {
                below += _values[i] <= middle ? 1u : 0;
            }

            if (below * 2 >= Count)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
