using System;
using System.Numerics;
using Lachesis.Abi;

namespace Lachesis.Simulator;

/// <summary>What each CPU is in the kernel for, and that it comes out again.</summary>
public sealed unsafe partial class SimulatedSystem
{
    /// <summary>
    /// Choice points that one kernel entry may pass. A changed rule can make an entry loop for ever; it is then told as what does not
    /// hold. The longest that hunts were seen to make passed 662; the end of a run reaches all threads in one.
    /// </summary>
    internal const int MostPointsOfEntry = 200_000;

    // Times that all CPUs take what waits for them until something must have come of it: a rule can send a thread round and round.
    private const int MostRounds = 10_000;

    private const string RescheduleEntry = "reschedule interrupt";
    private const string TimerEntry = "timer interrupt";

    private static readonly string[] s_calls = Enum.GetNames<SystemCall>();

    private readonly string[] _entries;
    private long _pointsAtEntry;

    /// <summary>What a CPU entered the kernel for last.</summary>
    internal string EntryOf(uint cpu) => _entries[cpu];

    /// <summary>A CPU has passed more choice points than an entry has.</summary>
    internal InvariantException EndlessEntry(uint cpu) =>
        new($"cpu {cpu} does not leave the kernel: {EntryOf(cpu)} passed more than {MostPointsOfEntry} choice points");

    /// <summary>The CPUs that are in the kernel and what for, for people to read. May be called by any thread.</summary>
    internal string DescribeEntries()
    {
        string all = "";
        for (uint cpu = 0; cpu < Shape.Cpus; cpu++)
        {
            all += IsOutside(cpu) ? "" : $"{(all == "" ? "" : ", ")}cpu {cpu} is in the kernel ({EntryOf(cpu)})";
        }

        return all == "" ? "no cpu is in the kernel, a check does not end" : all;
    }

    private static string NameOfCall(uint number) => number < s_calls.Length ? s_calls[number] : "a call that does not exist";

    private void NoteEntry(uint cpu, string entry)
    {
        _entries[cpu] = entry;
        _pointsAtEntry = _cpusInKernel == 0 ? Points : _pointsAtEntry;
    }

    // Where entries are atomic. A CPU that enters in the middle of another's entry counts as part of that.
    private void CheckEntryEnds()
    {
        if (Points - _pointsAtEntry > MostPointsOfEntry && _cpusInKernel != 0 && Interleaver == null)
        {
            throw EndlessEntry((uint)BitOperations.TrailingZeroCount(_cpusInKernel));
        }
    }
}
