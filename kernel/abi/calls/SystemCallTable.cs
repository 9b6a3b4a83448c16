namespace Lachesis.Abi;

/// <summary>
/// Every system call: what its arguments are, which rights it needs, which errors it may return, and what rings and fuzzers may do
/// with it. One row a call (docs/how-to/add-a-system-call.md). Tests hold the kernel to it, fuzzers make calls by it, and the host
/// command prints from it <c>docs/system-calls.md</c> and <see cref="CallSets"/>, the constants that are all that the kernel uses of it.
/// </summary>
public static unsafe class SystemCallTable
{
    /// <summary>No call has as many forms as that: arguments that decide what others are.</summary>
    public const uint MaxForms = 4;

    /// <summary>One form of a call, its first one being 0; <see cref="CallSignature.Exists"/> says whether there is one. Errors
    /// that follow from an argument (see <see cref="CallArgument.Errors"/>) are not repeated here.</summary>
    public static CallSignature Of(SystemCall call, uint form = 0) => form == 0 ? FirstForm(call)
        : call == SystemCall.LedgerRead && form < (uint)LedgerScope.Count ? LedgerReadForm(form) : default;

    private static CallSignature FirstForm(SystemCall call) => call switch
    {
        SystemCall.Nop => Arguments().InRing(),
        SystemCall.LogWrite => Arguments(Handle(ObjectKind.Log, Rights.Write), InputBuffer(), UpTo(CallLimits.MaxLogBytes)),
        SystemCall.ReportWrite => Arguments(Handle(ObjectKind.Report, Rights.Write), Range(2, (ulong)ReportKind.Stream), InputBuffer(), Range(8, ReportHeader.MaxPayload)).RefusedToFuzzer(),
        SystemCall.CurrentCpu => Arguments().InRing(),
        SystemCall.Yield => Arguments().InRing(),
        SystemCall.SleepUntil => Arguments(OfKind(ArgumentKind.Instant)).ThatMayBlock().InRing(),
        SystemCall.Park => Arguments(OfKind(ArgumentKind.ReadableWord), UpTo(uint.MaxValue), OfKind(ArgumentKind.Deadline)).ThatMayBlock().WithErrors(Error.ValueChanged, Error.TimedOut).InRing(),
        SystemCall.Unpark => Arguments(OfKind(ArgumentKind.ParkAddress), Bits()).InRing().ThatEndsBatch(),
        SystemCall.ThreadCreate => Arguments(Handle(ObjectKind.Process, Rights.Control), UserAddress(), UserAddress(), Bits()).ThatReturnsHandle().WithErrors(Error.BadState, Error.PoolFull, Error.HandlesFull, Error.OutOfMemory).InRing().ThatEndsBatch(),
        SystemCall.ThreadStart => Arguments(Handle(ObjectKind.Thread, Rights.Control)).WithErrors(Error.BadState).InRing(),
        SystemCall.ThreadExit => Arguments(Bits()).ThatMayEndCaller(),
        SystemCall.ThreadJoin => Arguments(Handle(ObjectKind.Thread, Rights.Read)).ThatMayBlock().WithErrors(Error.BadState).InRing(),
        SystemCall.ThreadRuntime => Arguments(Handle(ObjectKind.Thread, Rights.Read)).InRing(),
        SystemCall.ThreadSetAffinity => Arguments(Handle(ObjectKind.Thread, Rights.Control), OfKind(ArgumentKind.CpuMask)).InRing(),
        SystemCall.MemoryMap => Arguments(Handle(ObjectKind.Process, Rights.Control), Range(1, CallLimits.MaxMapBytes)).WithErrors(Error.BadState, Error.OutOfMemory),
        SystemCall.ProcessSpawn => SpawnForm().DrawnSeldom(),
        SystemCall.ProcessWait => Arguments(Handle(ObjectKind.Process, Rights.Read)).ThatMayBlock().WithErrors(Error.BadState).InRing(),
        SystemCall.ProcessExit => Arguments(Handle(ObjectKind.Process, Rights.Control), Bits()).ThatMayEndCaller(),
        SystemCall.CapabilityDelete => Arguments(AnyHandle()).InRing().ThatEndsBatch(),
        SystemCall.CountersRead => Arguments(Handle(ObjectKind.Machine, Rights.Read), OfKind(ArgumentKind.Cpu), OutputBuffer(), UpTo((ulong)Counter.Count)),
        SystemCall.PoolLevel => Arguments(Handle(ObjectKind.Machine, Rights.Read), Below((ulong)PoolKind.Count)),
        SystemCall.MachineExit => Arguments(Handle(ObjectKind.Machine, Rights.Control), UpTo(126)).ThatMayEndCaller(),
        SystemCall.MachineInjectFault => Arguments(Handle(ObjectKind.Machine, Rights.Control), Below((ulong)KernelFault.Count)).ThatMayEndCaller(),
        SystemCall.UnparkSwitch => Arguments(OfKind(ArgumentKind.ParkAddress)).InRing(),
        SystemCall.PolicySet => Arguments(Handle(ObjectKind.Policy, Rights.Control), OfKind(ArgumentKind.CpuMask), Below((ulong)SchedulingPolicy.Count)),
        SystemCall.PolicyGet => Arguments(Handle(ObjectKind.Policy, Rights.Read), OfKind(ArgumentKind.Cpu)),
        SystemCall.ThreadSetScheduling => Arguments(Handle(ObjectKind.Policy, Rights.Control), Handle(ObjectKind.Thread, Rights.Control), Below((ulong)SchedulingParameter.Count), Bits()),
        SystemCall.FairFeaturesSet => Arguments(Handle(ObjectKind.Policy, Rights.Control), UpTo((ulong)FairFeatures.All)),
        SystemCall.LedgerRead => LedgerReadForm(0),
        SystemCall.CapabilityMint => Arguments(AnyHandle(), OfKind(ArgumentKind.RightsMask), Bits()).ThatReturnsHandle().WithErrors(Error.MissingRight, Error.HandlesFull, Error.OutOfMemory).InRing(),
        SystemCall.CapabilityMove => Arguments(AnyHandle()).ThatReturnsHandle().WithErrors(Error.HandlesFull, Error.OutOfMemory).InRing(),
        SystemCall.CapabilityRevoke => Arguments(AnyHandle()).InRing().ThatEndsBatch(),
        SystemCall.CapabilityInspect => Arguments(AnyHandle(), Below((ulong)CapabilityAspect.Count)).InRing(),
        SystemCall.ObjectCreate => Arguments(Handle(ObjectKind.Process, Rights.Control), Range((ulong)ObjectKind.Endpoint, (ulong)ObjectKind.Timer)).ThatReturnsHandle().WithErrors(Error.PoolFull, Error.HandlesFull, Error.OutOfMemory).InRing(),
        SystemCall.ThreadSetBuffer => Arguments(Handle(ObjectKind.Thread, Rights.Control), OfKind(ArgumentKind.MessageBuffer)),
        SystemCall.Send => Arguments(Handle(ObjectKind.Endpoint, Rights.Write)).WithMessage().ThatMayBlock().WithErrors(Error.WouldBlock, Error.TimedOut, Error.Gone).InRing(),
        SystemCall.Call => Arguments(Handle(ObjectKind.Endpoint, Rights.Write)).WithMessage().ThatMayBlock().WithErrors(Error.WouldBlock, Error.TimedOut, Error.Gone, Error.NoReply).InRing().ThatReturnsMessage(),
        SystemCall.ReplyReceive => Arguments(EndpointAndReply(replyIsOptional: false)).WithMessage().ThatMayBlock().WithErrors(Error.WouldBlock, Error.TimedOut, Error.Gone).InRing().ThatReturnsMessage(),
        SystemCall.Receive => Arguments(EndpointAndReply(replyIsOptional: true)).WithMessage().ThatMayBlock().WithErrors(Error.WouldBlock, Error.TimedOut, Error.Gone).InRing().ThatReturnsMessage(),
        SystemCall.Reply => Arguments(Handle(ObjectKind.Reply, Rights.Write)).WithMessage().InRing(),
        SystemCall.Signal => Arguments(Handle(ObjectKind.Notification, Rights.Write), Bits()).InRing(),
        SystemCall.Wait => Arguments(Handle(ObjectKind.Notification, Rights.Read), OfKind(ArgumentKind.Deadline)).ThatMayBlock().WithErrors(Error.TimedOut, Error.Gone).InRing(),
        SystemCall.Poll => Arguments(Handle(ObjectKind.Notification, Rights.Read)).WithErrors(Error.WouldBlock).InRing(),
        SystemCall.NotificationBind => Arguments(Handle(ObjectKind.Notification, Rights.Read)).WithErrors(Error.BadState).InRing(),
        SystemCall.NotificationUnbind => Arguments().WithErrors(Error.BadState).InRing(),
        SystemCall.ThreadSuspend => Arguments(Handle(ObjectKind.Thread, Rights.Control)).ThatMayBlock().WithErrors(Error.BadState).InRing().DrawnSeldom(),
        SystemCall.ThreadResume => Arguments(Handle(ObjectKind.Thread, Rights.Control)).WithErrors(Error.BadState).InRing(),
        SystemCall.ThreadKill => Arguments(Handle(ObjectKind.Thread, Rights.Control), Bits()).ThatMayEndCaller().WithErrors(Error.BadState).InRing().ThatEndsBatch(),
        SystemCall.TimerSet => Arguments(Handle(ObjectKind.Timer, Rights.Control), OfKind(ArgumentKind.Instant), OfKind(ArgumentKind.Period)).InRing(),
        SystemCall.TimerCancel => Arguments(Handle(ObjectKind.Timer, Rights.Control)).InRing(),
        SystemCall.TimerBind => Arguments(Handle(ObjectKind.Timer, Rights.Control), Handle(ObjectKind.Notification, Rights.Write), Bits()).InRing(),
        SystemCall.ThreadSetFaultHandler => Arguments(Handle(ObjectKind.Thread, Rights.Control), OptionalHandle(ObjectKind.Endpoint, Rights.Write)),
        SystemCall.RingCreate => Arguments(Handle(ObjectKind.Process, Rights.Control), UserAddress(), Range(1, RingLayout.MaxEntries), Range(1, RingLayout.MaxEntries)).ThatReturnsHandle().WithErrors(Error.PoolFull, Error.HandlesFull, Error.OutOfMemory),
        SystemCall.RingEnter => Arguments(Handle(ObjectKind.Ring, Rights.Control), Bits()).ThatMayBlock().WithErrors(Error.BadArgument, Error.NotPermitted, Error.BadState),
        SystemCall.SessionEnd => Arguments(Handle(ObjectKind.Session, Rights.Control), Bits()).ThatMayEndCaller(),
        SystemCall.SessionWait => Arguments(Handle(ObjectKind.Session, Rights.Read)).ThatMayBlock().WithErrors(Error.BadState),
        SystemCall.StaleEntryCheck => Arguments(Handle(ObjectKind.Machine, Rights.Control), Bits()).WithErrors(Error.BadArgument).RefusedToFuzzer(),
        SystemCall.SessionCreate => Arguments(Handle(ObjectKind.Programs, Rights.Control | Rights.Write)).ThatReturnsHandle().WithErrors(Error.PoolFull, Error.HandlesFull, Error.OutOfMemory),
        _ => default,
    };

    // The scope says what the handle must name.
    private static CallSignature LedgerReadForm(uint scope)
    {
        ObjectKind kind = (LedgerScope)scope == LedgerScope.Thread ? ObjectKind.Thread
            : (LedgerScope)scope == LedgerScope.Process ? ObjectKind.Process : ObjectKind.Machine;
        CallArgument number = kind == ObjectKind.Machine ? Below(SchedulingLimits.MaxGroups) : Bits();
        CallArgument reading = Memory(ArgumentKind.InputOutput, (ulong)sizeof(LedgerReading));
        return Arguments(Handle(kind, Rights.Read), Range(scope, scope), number, reading).WithErrors(Error.BadArgument, Error.BadState);
    }

    // What the request names may be at fault, too.
    private static CallSignature SpawnForm() =>
        Arguments(Handle(ObjectKind.Programs, Rights.Control), Memory(ArgumentKind.Input, (ulong)sizeof(SpawnRequest)))
            .WithErrors(Error.BadArgument, Error.NotPermitted, Error.NotFound, Error.BadProgram, Error.PoolFull, Error.OutOfMemory)
            .WithErrors(Error.HandlesFull, Error.BadState).ThatReturnsHandle();

    private static CallSignature Arguments(
        CallArgument a0 = default, CallArgument a1 = default, CallArgument a2 = default, CallArgument a3 = default) => new()
        {
            Exists = true,
            Errors = a0.Errors | a1.Errors | a2.Errors | a3.Errors,
            A0 = a0,
            A1 = a1,
            A2 = a2,
            A3 = a3,
        };

    private static CallArgument OfKind(ArgumentKind kind) => new() { Kind = kind };

    private static CallArgument Handle(ObjectKind kind, Rights needed) =>
        new() { Kind = ArgumentKind.Handle, Object = kind, RequiredRights = needed };

    private static CallArgument OptionalHandle(ObjectKind kind, Rights needed)
    {
        CallArgument argument = Handle(kind, needed);
        argument.IsOptional = true;
        return argument;
    }

    private static CallArgument AnyHandle() => Handle(ObjectKind.None, Rights.None);

    private static CallArgument EndpointAndReply(bool replyIsOptional) => new()
    {
        Kind = ArgumentKind.HandlePair,
        Object = ObjectKind.Endpoint,
        RequiredRights = Rights.Read,
        UpperObject = ObjectKind.Reply,
        UpperRequiredRights = Rights.Write,
        UpperIsOptional = replyIsOptional,
    };

    private static CallArgument Range(ulong lowest, ulong highest) =>
        new() { Kind = ArgumentKind.Number, Lowest = lowest, Highest = highest };

    private static CallArgument UpTo(ulong highest) => Range(0, highest);

    private static CallArgument Below(ulong limit) => Range(0, limit - 1);

    private static CallArgument Bits() => OfKind(ArgumentKind.Bits);

    private static CallArgument UserAddress() => OfKind(ArgumentKind.UserAddress);

    private static CallArgument InputBuffer() => Memory(ArgumentKind.Input, 0);

    private static CallArgument OutputBuffer() => Memory(ArgumentKind.Output, 0);

    private static CallArgument Memory(ArgumentKind kind, ulong bytes) => new() { Kind = kind, Highest = bytes };
}
