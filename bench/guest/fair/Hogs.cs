using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>Threads that compete for CPUs, and what their ledgers say that each has got since a moment.</summary>
internal unsafe struct Hogs
{
    /// <summary>The most at a time.</summary>
    internal const uint Most = 16;

    private struct Shared
    {
        internal ulong Stop;
    }

    private ThreadGroup _crew;
    private Shared* _shared;
    private fixed ulong _weights[(int)Most];
    private fixed ulong _before[(int)Most];

    /// <summary>Address of the word that is not 0 once they are to stop.</summary>
    internal readonly ulong StopWord => (ulong)_shared;

    /// <summary>None yet; their memory is mapped once and used again.</summary>
    internal static Hogs Reserve()
    {
        Hogs hogs = default;
        hogs._crew = ThreadGroup.Allocate(Most);
        hogs._shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        return hogs;
    }

    /// <summary>One that computes and never lets go, on the CPUs of a mask.</summary>
    internal void Add(ulong mask, int nice) => Add(&Spin, mask, Nice.WeightOf(nice));

    /// <summary>One that does what <paramref name="function"/> does, until the word that it is given the address of is not 0.</summary>
    internal void Add(delegate*<ulong, ulong> function, ulong mask, uint weight) => Add(function, StopWord, mask, weight);

    /// <summary>One that does what <paramref name="function"/> does with an argument that leads it to <see cref="StopWord"/>.</summary>
    internal void Add(delegate*<ulong, ulong> function, ulong argument, ulong mask, uint weight)
    {
        uint number = _crew.Count;
        _crew.Add(function, argument);
        Sys.ThreadSetAffinity(_crew.Handle(number), mask);
        Sys.ThreadSetScheduling(BootHandle.Policy, _crew.Handle(number), SchedulingParameter.Weight, weight);
        _weights[number] = weight;
    }

    /// <summary>All begin; what they get counts from here on.</summary>
    internal void Start()
    {
        Volatile.Write(ref _shared->Stop, 0);
        for (uint i = 0; i < _crew.Count; i++)
        {
            Sys.ThreadStart(_crew.Handle(i));
        }
    }

    /// <summary>What they get counts from now on. Exact for threads that do not run now: those of the caller's own CPU.</summary>
    internal void StartInterval()
    {
        for (uint i = 0; i < _crew.Count; i++)
        {
            _before[i] = RuntimeOf(i);
        }
    }

    /// <summary>What each has got since the mark, beside what its weight entitles it to.</summary>
    internal Shares ReadShares()
    {
        Shares shares = default;
        for (uint i = 0; i < _crew.Count; i++)
        {
            shares.Add(RuntimeOf(i) - _before[i], _weights[i]);
        }

        return shares;
    }

    /// <summary>They are told to stop, and have; their ledgers can still be read.</summary>
    internal void Stop()
    {
        Volatile.Write(ref _shared->Stop, 1);
        for (uint i = 0; i < _crew.Count; i++)
        {
            Sys.ThreadJoin(_crew.Handle(i));
        }
    }

    /// <summary>They are gone, and others can be added.</summary>
    internal void StopAndJoin() => _crew.JoinAll();

    /// <summary>What a hog does.</summary>
    internal static ulong Spin(ulong stop)
    {
        while (Volatile.Read(ref *(ulong*)stop) == 0)
        {
        }

        return 0;
    }

    private readonly ulong RuntimeOf(uint hog)
    {
        Ledgers.OfThread(_crew.Handle(hog), out LedgerReading reading);
        return reading.Sum.RuntimeNs;
    }
}
