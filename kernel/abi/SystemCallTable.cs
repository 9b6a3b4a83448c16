namespace Lachesis.Abi;

/// <summary>
/// Every system call: what its arguments are, which rights it needs, and which errors it may answer. One line a call. The
/// kernel does not use it: <c>docs/system-calls.md</c> is printed from it, tests hold the kernel to it, and fuzzers make calls
/// by it.
/// </summary>
public static unsafe class SystemCallTable
{
    /// <summary>No call has as many forms as that: arguments that decide what others are.</summary>
    public const uint MaxForms = 4;

    /// <summary>One form of a call, its first one being 0; <see cref="CallShape.Exists"/> says whether there is one. Errors
    /// that follow from an argument (see <see cref="CallArgument.Errors"/>) are not repeated here.</summary>
    public static CallShape Of(SystemCall call, uint form = 0) => form == 0 ? First(call)
        : call == SystemCall.LedgerRead && form < (uint)LedgerScope.Count ? Ledger(form) : default;

    private static CallShape First(SystemCall call) => call switch
    {
        SystemCall.Nop => Takes(),
        SystemCall.LogWrite => Takes(To(ObjectKind.Log, Rights.Write), In(), Upto(CallLimits.MaxLog)),
        SystemCall.ReportWrite => Takes(To(ObjectKind.Report, Rights.Write), Range(2, (ulong)ReportKind.Stream), In(), Range(8, ReportHeader.MaxPayload)),
        SystemCall.CurrentCpu => Takes(),
        SystemCall.Yield => Takes(),
        SystemCall.SleepUntil => Takes(Kind(ArgumentKind.Instant)).Waits(),
        SystemCall.Park => Takes(Kind(ArgumentKind.Word), Upto(uint.MaxValue), Kind(ArgumentKind.Deadline)).Waits().Or(Error.ValueChanged, Error.TimedOut),
        SystemCall.Unpark => Takes(Kind(ArgumentKind.Key), Bits()),
        SystemCall.ThreadCreate => Takes(To(ObjectKind.Process, Rights.Control), Place(), Place(), Bits()).Gives().Or(Error.BadState, Error.PoolFull, Error.HandlesFull, Error.OutOfMemory),
        SystemCall.ThreadStart => Takes(To(ObjectKind.Thread, Rights.Control)).Or(Error.BadState),
        SystemCall.ThreadExit => Takes(Bits()).Ends(),
        SystemCall.ThreadJoin => Takes(To(ObjectKind.Thread, Rights.Read)).Waits().Or(Error.BadState),
        SystemCall.ThreadRuntime => Takes(To(ObjectKind.Thread, Rights.Read)),
        SystemCall.ThreadSetAffinity => Takes(To(ObjectKind.Thread, Rights.Control), Kind(ArgumentKind.CpuMask)),
        SystemCall.MemoryMap => Takes(To(ObjectKind.Process, Rights.Control), Range(1, CallLimits.MaxMap)).Or(Error.BadState, Error.OutOfMemory),
        SystemCall.ProcessSpawn => Spawning(),
        SystemCall.ProcessWait => Takes(To(ObjectKind.Process, Rights.Read)).Waits().Or(Error.BadState),
        SystemCall.ProcessExit => Takes(To(ObjectKind.Process, Rights.Control), Bits()).Ends(),
        SystemCall.HandleClose => Takes(Anything()),
        SystemCall.CountersRead => Takes(To(ObjectKind.Machine, Rights.Read), Kind(ArgumentKind.Cpu), Out(), Upto((ulong)Counter.Count)),
        SystemCall.PoolLevel => Takes(To(ObjectKind.Machine, Rights.Read), Below((ulong)PoolKind.Count)),
        SystemCall.MachineExit => Takes(To(ObjectKind.Machine, Rights.Control), Upto(126)).Ends(),
        SystemCall.MachineFault => Takes(To(ObjectKind.Machine, Rights.Control), Below((ulong)KernelFault.Count)).Ends(),
        SystemCall.UnparkSwitch => Takes(Kind(ArgumentKind.Key)),
        SystemCall.PolicySet => Takes(To(ObjectKind.Policy, Rights.Control), Kind(ArgumentKind.CpuMask), Below((ulong)SchedulingPolicy.Count)),
        SystemCall.PolicyGet => Takes(To(ObjectKind.Policy, Rights.Read), Kind(ArgumentKind.Cpu)),
        SystemCall.ThreadSchedule => Takes(To(ObjectKind.Policy, Rights.Control), To(ObjectKind.Thread, Rights.Control), Below((ulong)SchedulingParameter.Count), Bits()),
        SystemCall.FairFeaturesSet => Takes(To(ObjectKind.Policy, Rights.Control), Upto((ulong)FairFeatures.All)),
        SystemCall.LedgerRead => Ledger(0),
        SystemCall.CapabilityMint => Takes(Anything(), Kind(ArgumentKind.RightsMask), Bits()).Gives().Or(Error.MissingRight, Error.HandlesFull, Error.OutOfMemory),
        SystemCall.CapabilityMove => Takes(Anything()).Gives().Or(Error.HandlesFull, Error.OutOfMemory),
        SystemCall.CapabilityRevoke => Takes(Anything()),
        SystemCall.CapabilityInspect => Takes(Anything(), Below((ulong)CapabilityAspect.Count)),
        SystemCall.ObjectCreate => Takes(To(ObjectKind.Process, Rights.Control), Range((ulong)ObjectKind.Endpoint, (ulong)ObjectKind.Count - 1)).Gives().Or(Error.PoolFull, Error.HandlesFull, Error.OutOfMemory),
        SystemCall.ThreadSetBuffer => Takes(To(ObjectKind.Thread, Rights.Control), Kind(ArgumentKind.Buffer)),
        SystemCall.Send => Takes(To(ObjectKind.Endpoint, Rights.Write)).WithMessage().Waits().Or(Error.WouldBlock, Error.TimedOut, Error.Gone),
        SystemCall.Call => Takes(To(ObjectKind.Endpoint, Rights.Write)).WithMessage().Waits().Or(Error.WouldBlock, Error.TimedOut, Error.Gone, Error.NoReply),
        SystemCall.ReplyReceive => Takes(Receiving(replyIsOptional: false)).WithMessage().Waits().Or(Error.WouldBlock, Error.TimedOut, Error.Gone),
        SystemCall.Receive => Takes(Receiving(replyIsOptional: true)).WithMessage().Waits().Or(Error.WouldBlock, Error.TimedOut, Error.Gone),
        SystemCall.Reply => Takes(To(ObjectKind.Reply, Rights.Write)).WithMessage(),
        SystemCall.Signal => Takes(To(ObjectKind.Notification, Rights.Write), Bits()),
        SystemCall.Wait => Takes(To(ObjectKind.Notification, Rights.Read), Kind(ArgumentKind.Deadline)).Waits().Or(Error.TimedOut, Error.Gone),
        SystemCall.Poll => Takes(To(ObjectKind.Notification, Rights.Read)).Or(Error.WouldBlock),
        SystemCall.NotificationBind => Takes(To(ObjectKind.Notification, Rights.Read)).Or(Error.BadState),
        SystemCall.NotificationUnbind => Takes().Or(Error.BadState),
        SystemCall.ThreadSuspend => Takes(To(ObjectKind.Thread, Rights.Control)).Waits().Or(Error.BadState),
        SystemCall.ThreadResume => Takes(To(ObjectKind.Thread, Rights.Control)).Or(Error.BadState),
        SystemCall.ThreadKill => Takes(To(ObjectKind.Thread, Rights.Control), Bits()).Ends().Or(Error.BadState),
        SystemCall.TimerSet => Takes(To(ObjectKind.Timer, Rights.Control), Kind(ArgumentKind.Instant), Kind(ArgumentKind.Period)),
        SystemCall.TimerCancel => Takes(To(ObjectKind.Timer, Rights.Control)),
        SystemCall.TimerBind => Takes(To(ObjectKind.Timer, Rights.Control), To(ObjectKind.Notification, Rights.Write), Bits()),
        SystemCall.ThreadSetFaultHandler => Takes(To(ObjectKind.Thread, Rights.Control), ToOrNone(ObjectKind.Endpoint, Rights.Write)),
        SystemCall.RingCreate => Takes(To(ObjectKind.Process, Rights.Control), Place(), Range(1, RingLayout.MaxEntries), Range(1, RingLayout.MaxEntries)).Gives().Or(Error.BadState).Or(Error.PoolFull, Error.HandlesFull, Error.OutOfMemory),
        SystemCall.RingEnter => Takes(To(ObjectKind.Ring, Rights.Control), Bits()).Waits().Or(Error.BadArgument, Error.NotPermitted, Error.BadState),
        SystemCall.SessionEnd => Takes(To(ObjectKind.Session, Rights.Control), Bits()).Ends(),
        SystemCall.SessionWait => Takes(To(ObjectKind.Session, Rights.Read)).Waits().Or(Error.BadState),
        SystemCall.MachineCheck => Takes(To(ObjectKind.Machine, Rights.Control), Bits()).Or(Error.BadArgument),
        SystemCall.SessionCreate => Takes(To(ObjectKind.Programs, Rights.Control | Rights.Write)).Gives().Or(Error.PoolFull, Error.HandlesFull, Error.OutOfMemory),
        _ => default,
    };

    // The scope says what the handle must name.
    private static CallShape Ledger(uint scope)
    {
        ObjectKind kind = (LedgerScope)scope == LedgerScope.Thread ? ObjectKind.Thread
            : (LedgerScope)scope == LedgerScope.Process ? ObjectKind.Process : ObjectKind.Machine;
        CallArgument number = kind == ObjectKind.Machine ? Below(SchedulingLimits.Groups) : Bits();
        CallArgument reading = Memory(ArgumentKind.InputOutput, (ulong)sizeof(LedgerReading));
        return Takes(To(kind, Rights.Read), Range(scope, scope), number, reading).Or(Error.BadArgument, Error.BadState);
    }

    // What the request names may be at fault, too.
    private static CallShape Spawning() =>
        Takes(To(ObjectKind.Programs, Rights.Control), Memory(ArgumentKind.Input, (ulong)sizeof(SpawnRequest)))
            .Or(Error.BadArgument, Error.NotPermitted, Error.NotFound, Error.BadProgram, Error.PoolFull, Error.OutOfMemory)
            .Or(Error.HandlesFull, Error.BadState).Gives();

    private static CallShape Takes(
        CallArgument a0 = default, CallArgument a1 = default, CallArgument a2 = default, CallArgument a3 = default) => new()
        {
            Exists = true,
            Errors = a0.Errors | a1.Errors | a2.Errors | a3.Errors,
            A0 = a0,
            A1 = a1,
            A2 = a2,
            A3 = a3,
        };

    private static CallArgument Kind(ArgumentKind kind) => new() { Kind = kind };

    private static CallArgument To(ObjectKind kind, Rights needed) =>
        new() { Kind = ArgumentKind.Handle, Object = kind, Needed = needed };

    private static CallArgument ToOrNone(ObjectKind kind, Rights needed)
    {
        CallArgument argument = To(kind, needed);
        argument.IsOptional = true;
        return argument;
    }

    private static CallArgument Anything() => To(ObjectKind.None, Rights.None);

    private static CallArgument Receiving(bool replyIsOptional) => new()
    {
        Kind = ArgumentKind.HandlePair,
        Object = ObjectKind.Endpoint,
        Needed = Rights.Read,
        UpperObject = ObjectKind.Reply,
        UpperNeeded = Rights.Write,
        UpperIsOptional = replyIsOptional,
    };

    private static CallArgument Range(ulong lowest, ulong highest) =>
        new() { Kind = ArgumentKind.Number, Lowest = lowest, Highest = highest };

    private static CallArgument Upto(ulong highest) => Range(0, highest);

    private static CallArgument Below(ulong limit) => Range(0, limit - 1);

    private static CallArgument Bits() => Kind(ArgumentKind.Bits);

    private static CallArgument Place() => Kind(ArgumentKind.Place);

    private static CallArgument In() => Memory(ArgumentKind.Input, 0);

    private static CallArgument Out() => Memory(ArgumentKind.Output, 0);

    private static CallArgument Memory(ArgumentKind kind, ulong bytes) => new() { Kind = kind, Highest = bytes };
}
