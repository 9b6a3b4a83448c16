using Lachesis.Benchmarks.Queues;
using Lachesis.User;

namespace Lachesis.Queues;

/// <summary>Counts the instructions of each operation: the time-stamp counter under <c>-icount</c>.</summary>
internal readonly unsafe struct InstructionProbe : IProbe
{
    private const int Trials = 64;

    private readonly Readings* _readings;

    /// <summary>Counts into what lives as long as it does.</summary>
    internal InstructionProbe(Readings* readings) => _readings = readings;

    /// <summary>Where the counts go.</summary>
    internal struct Readings
    {
        /// <summary>A figure an operation.</summary>
        internal Samples Samples;

        /// <summary>Whether operations count now.</summary>
        internal bool Records;

        /// <summary>Operations that have counted.</summary>
        internal uint Taken;

        internal ulong Began;
        internal ulong Sum;
        internal ulong Overhead;
    }

    /// <inheritdoc/>
    public void Begin() => _readings->Began = Clock.Ticks();

    /// <inheritdoc/>
    public void End() => _readings->Sum += Clock.Ticks() - _readings->Began - _readings->Overhead;

    /// <inheritdoc/>
    public void Complete()
    {
        if (_readings->Records && _readings->Taken < _readings->Samples.Count)
        {
            _readings->Samples.SetRaw(_readings->Taken, _readings->Sum);
            _readings->Taken++;
        }

        _readings->Sum = 0;
    }

    /// <summary>From now on operations count, or no longer do.</summary>
    internal void Record(bool records)
    {
        _readings->Records = records;
        _readings->Sum = 0;
    }

    /// <summary>Learns what it costs to count nothing.</summary>
    internal void Calibrate()
    {
        ulong least = ulong.MaxValue;
        _readings->Overhead = 0;
        for (int i = 0; i < Trials; i++)
        {
            _readings->Sum = 0;
            Begin();
            End();
            least = _readings->Sum < least ? _readings->Sum : least;
        }

        _readings->Overhead = least;
    }
}
