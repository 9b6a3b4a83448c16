using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>
/// Which calls have succeeded, on their own and as requests of rings, as workers report when they end. New workers are told what is
/// missing and draw from that every other time, so that none is left to luck.
/// </summary>
internal struct Coverage
{
    /// <summary>From so many calls on every call must have succeeded.</summary>
    internal const ulong CallsForAll = 150_000;

    // Requests of rings are a few for every four calls, half of them in rings whose completions are read.
    private const ulong CallsForRings = 900_000;

    private CallSetChannel _channel;
    private CallSetChannel _ringChannel;

    private SharedCallSet _wanted;
    private SharedCallSet _wantedInRing;

    /// <summary>After how many calls, at most, every one had succeeded; 0: not yet.</summary>
    internal ulong CompleteAfter { get; private set; }

    /// <summary>The same, through rings.</summary>
    internal ulong CompleteInRingAfter { get; private set; }

    /// <summary>Makes what workers report by.</summary>
    internal void SetUp()
    {
        _wanted.Value = All();
        _wantedInRing.Value = _wanted.Value.Intersect(RingOperations.Allowed);
        _channel = CallSetChannel.Create();
        _ringChannel = CallSetChannel.Create();
    }

    /// <summary>A worker shall report, and be told what is missing.</summary>
    internal void AddCapabilities(ref SpawnBuilder spawn)
    {
        _channel.AddCapabilities(ref spawn, Worker.CoverageSlot);
        _ringChannel.AddCapabilities(ref spawn, Worker.RingCoverageSlot);
        CallSet wanted = WithPrerequisites(_wanted.Value);
        CallSet wantedInRing = WithPrerequisites(_wantedInRing.Value);
        spawn.AddArgument("wanted", (long)wanted.Low);
        spawn.AddArgument("wantedHigh", (long)wanted.High);
        spawn.AddArgument("wantedInRing", (long)wantedInRing.Low);
        spawn.AddArgument("wantedInRingHigh", (long)wantedInRing.High);
    }

    /// <summary>Takes in what workers reported up to now, after so many calls. By one thread.</summary>
    internal void Poll(ulong calls)
    {
        _wanted.Value = _wanted.Value.Except(_channel.Take());
        _wantedInRing.Value = _wantedInRing.Value.Except(_ringChannel.Take());
        CompleteAfter = _wanted.Value.IsEmpty && CompleteAfter == 0 ? calls : CompleteAfter;
        CompleteInRingAfter = _wantedInRing.Value.IsEmpty && CompleteInRingAfter == 0 ? calls : CompleteInRingAfter;
    }

    /// <summary>Logs which calls are missing that should not be after so many, and returns how many these are.</summary>
    internal int TellMissing(ulong calls)
    {
        CallSet inRing = calls >= CallsForRings ? _wantedInRing.Value : default;
        return LogMissing("fuzz: never succeeded: call ", _wanted.Value) + LogMissing("fuzz: never succeeded in a ring: call ", inRing);
    }

    // Calls that end their caller never return, and those that are refused to workers are made, and refused.
    private static CallSet All()
    {
        CallSet all = default;
        for (SystemCall call = 0; call < SystemCall.Count; call++)
        {
            CallSignature shape = SystemCallTable.Of(call);
            bool maySucceed = shape.Exists && (shape.Traits & (CallTraits.MayEndCaller | CallTraits.RefusedToFuzzer)) == 0;
            all = maySucceed ? all.Union(CallSet.Of(call)) : all;
        }

        return all;
    }

    // These succeed only after others, or while another thread makes one.
    private static CallSet WithPrerequisites(CallSet calls)
    {
        CallSet talk = CallSet.Of(SystemCall.Call).Union(CallSet.Of(SystemCall.Receive))
            .Union(CallSet.Of(SystemCall.ReplyReceive)).Union(CallSet.Of(SystemCall.Reply));
        CallSet all = calls.Intersect(talk).IsEmpty ? calls : calls.Union(talk);
        all = calls.Contains(SystemCall.Park) ? all.Union(CallSet.Of(SystemCall.Unpark)) : all;
        all = calls.Contains(SystemCall.ProcessWait) ? all.Union(CallSet.Of(SystemCall.ProcessSpawn)) : all;
        return calls.Contains(SystemCall.SessionWait)
            ? all.Union(CallSet.Of(SystemCall.SessionCreate)).Union(CallSet.Of(SystemCall.SessionEnd)) : all;
    }

    private static int LogMissing(string what, CallSet calls)
    {
        int count = 0;
        for (SystemCall call = 0; call < SystemCall.Count; call++)
        {
            if (calls.Contains(call))
            {
                Supervisor.LogValue(what, (long)call);
                count++;
            }
        }

        return count;
    }

    // Written by the thread that polls alone, read by those that start workers too: these do with a word that is out of date.
    private struct SharedCallSet
    {
        private ulong _low;
        private ulong _high;

        internal CallSet Value
        {
            get => new(Volatile.Read(ref _low), Volatile.Read(ref _high));
            set
            {
                Volatile.Write(ref _low, value.Low);
                Volatile.Write(ref _high, value.High);
            }
        }
    }
}
