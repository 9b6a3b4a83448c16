using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>
/// Which calls have succeeded, on their own and as requests of rings, as workers tell when they end; sets of calls, a bit each.
/// New workers are told what is missing and draw from that every other time, so that none is left to luck.
/// </summary>
internal unsafe struct Coverage
{
    /// <summary>From so many calls on every call must have succeeded.</summary>
    internal const ulong CallsForAll = 150_000;

    // Requests of rings are a few for every four calls, half of them in rings whose completions are read.
    private const ulong CallsForRings = 900_000;

    private ulong _all;
    private ulong _allInRing;
    private ulong _notification;
    private ulong _ringNotification;
    private ulong _succeeded;
    private ulong _succeededInRing;

    /// <summary>What none has managed so far.</summary>
    internal ulong Wanted => _all & ~Volatile.Read(ref _succeeded);

    /// <summary>The same, through a ring.</summary>
    internal ulong WantedInRing => _allInRing & ~Volatile.Read(ref _succeededInRing);

    /// <summary>Makes what workers tell it by.</summary>
    internal void SetUp()
    {
        _all = All(inRing: false);
        _allInRing = All(inRing: true);
        _notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        _ringNotification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
    }

    /// <summary>A worker shall tell, and be told.</summary>
    internal void AddCapabilities(ref SpawnBuilder spawn)
    {
        spawn.AddCapability(_notification, Rights.Write, Worker.CoverageSlot);
        spawn.AddCapability(_ringNotification, Rights.Write, Worker.RingCoverageSlot);
        spawn.AddArgument("wanted", (long)WithWhatItTakes(Wanted));
        spawn.AddArgument("wantedInRing", (long)WithWhatItTakes(WantedInRing));
    }

    /// <summary>After how many calls, at most, every one had succeeded; 0: not yet.</summary>
    internal ulong CompleteAfter { get; private set; }

    /// <summary>The same, through rings.</summary>
    internal ulong CompleteInRingAfter { get; private set; }

    /// <summary>Takes in what workers told up to now, after so many calls. By one thread.</summary>
    internal void Poll(ulong calls)
    {
        Volatile.Write(ref _succeeded, _succeeded | IpcCalls.Poll(_notification).Value);
        Volatile.Write(ref _succeededInRing, _succeededInRing | IpcCalls.Poll(_ringNotification).Value);
        CompleteAfter = Wanted == 0 && CompleteAfter == 0 ? calls : CompleteAfter;
        CompleteInRingAfter = WantedInRing == 0 && CompleteInRingAfter == 0 ? calls : CompleteInRingAfter;
    }

    /// <summary>Says which calls are missing that should not be after so many, and how many these are.</summary>
    internal int TellMissing(ulong calls)
    {
        ulong inRing = calls >= CallsForRings ? WantedInRing : 0;
        return LogMissing("fuzz: never succeeded: call ", Wanted) + LogMissing("fuzz: never succeeded in a ring: call ", inRing);
    }

    // But for those that end their caller and those for which no worker has authority (the report channel, the check of the
    // machine's books): these are made, and refused.
    private static ulong All(bool inRing)
    {
        ulong all = 0;
        for (SystemCall call = 0; call < SystemCall.Count; call++)
        {
            CallSignature shape = SystemCallTable.Of(call);
            bool may = shape.Exists && (shape.Traits & CallTraits.MayEndCaller) == 0
                && call is not (SystemCall.ReportWrite or SystemCall.StaleEntryCheck)
                && (!inRing || RingOperations.Allows((ulong)call));
            all |= may ? Bit(call) : 0;
        }

        return all;
    }

    // These succeed only after others, or while another thread makes one.
    private static ulong WithWhatItTakes(ulong calls)
    {
        ulong talk = Bit(SystemCall.Call) | Bit(SystemCall.Receive) | Bit(SystemCall.ReplyReceive) | Bit(SystemCall.Reply);
        ulong more = (calls & talk) != 0 ? talk : 0;
        more |= Has(calls, SystemCall.Park) ? Bit(SystemCall.Unpark) : 0;
        more |= Has(calls, SystemCall.ProcessWait) ? Bit(SystemCall.ProcessSpawn) : 0;
        more |= Has(calls, SystemCall.SessionWait) ? Bit(SystemCall.SessionCreate) | Bit(SystemCall.SessionEnd) : 0;
        return calls | more;
    }

    private static ulong Bit(SystemCall call) => 1ul << (int)call;

    private static bool Has(ulong calls, SystemCall call) => (calls & Bit(call)) != 0;

    private static int LogMissing(string what, ulong calls)
    {
        int count = 0;
        for (int call = 0; call < (int)SystemCall.Count; call++)
        {
            if (Has(calls, (SystemCall)call))
            {
                Supervisor.LogValue(what, call);
                count++;
            }
        }

        return count;
    }
}
