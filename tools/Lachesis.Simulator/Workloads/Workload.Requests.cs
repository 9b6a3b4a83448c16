using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What programs ask for through rings. As others may change any word of it on its way, and the first thread and process
/// are to last, no request names those.</summary>
internal sealed unsafe partial class Workload
{
    // Some that may not be asked for too: with arguments that would do something. A call that is here twice is drawn more often.
    private static readonly SystemCall[] s_weightedRingCalls =
    [
        SystemCall.Nop, SystemCall.Nop, SystemCall.CurrentCpu, SystemCall.Yield, SystemCall.SleepUntil, SystemCall.Park,
        SystemCall.Park, SystemCall.Unpark, SystemCall.UnparkSwitch, SystemCall.ThreadCreate, SystemCall.ThreadStart,
        SystemCall.ThreadJoin, SystemCall.ThreadRuntime, SystemCall.ThreadSetAffinity, SystemCall.ThreadSuspend,
        SystemCall.ThreadResume, SystemCall.ThreadResume, SystemCall.ThreadKill, SystemCall.ProcessWait, SystemCall.CapabilityDelete,
        SystemCall.CapabilityMint, SystemCall.CapabilityMove, SystemCall.CapabilityRevoke, SystemCall.CapabilityInspect,
        SystemCall.ObjectCreate, SystemCall.Send, SystemCall.Send, SystemCall.Call, SystemCall.Call, SystemCall.Receive,
        SystemCall.ReplyReceive, SystemCall.ReplyReceive, SystemCall.Reply, SystemCall.Signal, SystemCall.Signal, SystemCall.Wait,
        SystemCall.Poll, SystemCall.NotificationBind, SystemCall.NotificationUnbind, SystemCall.TimerSet, SystemCall.TimerCancel,
        SystemCall.TimerBind, SystemCall.LogWrite, SystemCall.ThreadExit, SystemCall.RingEnter,
    ];

    // Calls that the table allows to rings, and that have no weight above, follow those that have.
    private static readonly SystemCall[] s_ringCalls =
    [
        .. s_weightedRingCalls,
        .. Enum.GetValues<SystemCall>().Where(call => RingOperations.Allowed.Contains(call) && !s_weightedRingCalls.Contains(call)),
    ];

    private RingSubmission SomeRequest(Thread* thread, ref SeededRandom dice)
    {
        SystemCall call = s_ringCalls[dice.Below(s_ringCalls.Length)];
        RingSubmission submission = WithArguments(thread, call, ref dice);
        bool passes = RingOperations.TakesTag.Contains(call);
        uint tag = passes ? SomeTag(ref dice) : dice.OneIn(32) ? 1u : 0;
        RingFlags flags = dice.OneIn(8) ? RingFlags.StopOnError : dice.OneIn(32) ? (RingFlags)dice.Below(8) : RingFlags.None;
        submission.Request = dice.OneIn(32) ? dice.Next() >> dice.Below(64) : RingSubmission.EncodeRequest(call, flags, tag);
        submission.Deadline = dice.OneIn(6) && (ulong)_system.Clock > ProgramRing.ExpiredDeadline
            ? dice.OneOf(ProgramRing.ExpiredDeadline, SomeInstant(ref dice), ulong.MaxValue) : 0;
        return submission;
    }

    // Something harmless with the arguments of what may not be asked for; or that. Who is quick enough writes the one over the other
    // while the kernel reads it.
    private static RingSubmission DecoyRequest(bool isHarmless) => new()
    {
        Request = RingSubmission.EncodeRequest(isHarmless ? SystemCall.CurrentCpu : SystemCall.LogWrite),
        A0 = BootHandle.Log,
        A1 = SimulatedSystem.DataAddress,
        A2 = 8,
    };

    private static uint SomeTag(ref SeededRandom dice)
    {
        uint tag = (uint)dice.Below(6);
        tag |= dice.OneIn(8) ? (uint)dice.Below(6) << MessageTag.CapabilitiesShift : 0;
        tag |= dice.OneIn(2) ? MessageTag.NoWait : 0;
        return tag | (dice.OneIn(4) ? MessageTag.HasDeadline : 0);
    }

    private RingSubmission WithArguments(Thread* thread, SystemCall call, ref SeededRandom dice)
    {
        ulong word = ParkedWords.At(dice.Below(ParkedWords.Count));
        uint now = Words.ValueOf(thread->Process, word);
        ulong until = dice.OneIn(8) ? 0 : SomeInstant(ref dice);
        ulong first = ExcludeFirstProcess(thread, RingHandle(thread, call, ref dice));
        ulong notification = SomeHandle(thread, ObjectKind.Notification, ref dice);
        return call switch
        {
            SystemCall.SleepUntil => new RingSubmission { A0 = SomeInstant(ref dice) },
            SystemCall.Park => new RingSubmission { A0 = word, A1 = dice.OneIn(4) ? now ^ 1 : now, A2 = until },
            SystemCall.Unpark => new RingSubmission { A0 = word, A1 = (ulong)dice.OneOf(1, 4, (int)CallLimits.MaxUnpark) },
            SystemCall.UnparkSwitch => new RingSubmission { A0 = word },
            SystemCall.ThreadCreate => new RingSubmission
            {
                A0 = first,
                A1 = _system.Kernel->Threads.InUse < _plan.MaxThreads ? SimulatedSystem.Entry : UserLayout.Limit,
                A2 = SimulatedSystem.DataAddress,
            },
            SystemCall.ThreadSetAffinity => new RingSubmission { A0 = first, A1 = dice.Next() >> 60 },
            SystemCall.CapabilityMint => new RingSubmission { A0 = first, A1 = (ulong)Rights.Same, A2 = (ulong)dice.Below(3) },
            SystemCall.ObjectCreate => new RingSubmission { A0 = BootHandle.Process, A1 = (ulong)SmallKind(ref dice) },
            SystemCall.Wait => new RingSubmission { A0 = first, A1 = until },
            SystemCall.TimerSet => new RingSubmission { A0 = first, A1 = SomeInstant(ref dice) },
            SystemCall.TimerBind => new RingSubmission { A0 = first, A1 = notification, A2 = (ulong)dice.Below(4) },
            SystemCall.LogWrite => new RingSubmission { A0 = BootHandle.Log, A1 = SimulatedSystem.DataAddress, A2 = 8 },
            _ => new RingSubmission { A0 = first, A1 = (ulong)dice.Below(4), A2 = 2, A3 = 3, Word3 = 4 },
        };
    }

    // What a request is about.
    private static ulong RingHandle(Thread* thread, SystemCall call, ref SeededRandom dice) => call switch
    {
        SystemCall.ThreadStart or SystemCall.ThreadJoin or SystemCall.ThreadRuntime or SystemCall.ThreadSetAffinity
            or SystemCall.ThreadSuspend or SystemCall.ThreadResume or SystemCall.ThreadKill or SystemCall.CapabilityMove
            => SomeHandle(thread, ObjectKind.Thread, ref dice),
        SystemCall.ThreadCreate or SystemCall.ProcessWait => SomeHandle(thread, ObjectKind.Process, ref dice),
        SystemCall.CapabilityDelete => SomeHandle(thread, dice.OneIn(2) ? ObjectKind.Thread : ObjectKind.Ring, ref dice),
        SystemCall.CapabilityMint or SystemCall.CapabilityRevoke or SystemCall.CapabilityInspect
            => SomeCapability(thread, ref dice),
        SystemCall.Send or SystemCall.Call => SomeHandle(thread, ObjectKind.Endpoint, ref dice),
        SystemCall.Receive or SystemCall.ReplyReceive => (uint)SomeHandle(thread, ObjectKind.Endpoint, ref dice)
            | (SomeHandle(thread, ObjectKind.Reply, ref dice) << 32),
        SystemCall.Reply => SomeHandle(thread, ObjectKind.Reply, ref dice),
        SystemCall.TimerSet or SystemCall.TimerCancel or SystemCall.TimerBind => SomeHandle(thread, ObjectKind.Timer, ref dice),
        SystemCall.RingEnter => SomeHandle(thread, ObjectKind.Ring, ref dice),
        _ => SomeHandle(thread, ObjectKind.Notification, ref dice),
    };

    // ThreadCreate may make threads in the first process: it is not ended by that.
    private static ulong ExcludeFirstProcess(Thread* thread, ulong handle)
    {
        CapabilitySlot* slot = thread->Process->Handles.Find(handle);
        bool isFirst = slot != null && slot->Kind == ObjectKind.Thread && slot->Object.Index == 0;
        return isFirst ? 0 : handle;
    }

    private static string DescriptionOf(in RingSubmission submission) =>
        $"{(SystemCall)(ushort)submission.Request} {submission.Request >> 16:x} ({submission.A0:x}, {submission.A1:x}, "
        + $"{submission.A2:x}, {submission.A3:x}) until {submission.Deadline:x}, {submission.UserData:x}";
}
