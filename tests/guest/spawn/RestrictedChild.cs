using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>A process that was given capabilities with fewer rights than their sources have, and tries what they allow and what
/// they do not.</summary>
internal static unsafe class RestrictedChild
{
    /// <summary>The role of the process.</summary>
    internal const long Role = 17;

    /// <summary>What it ends with if every call gave what it should; else the number of the first that did not.</summary>
    internal const ulong Content = 0x0600;

    /// <summary>An endpoint to send to, badged.</summary>
    internal const uint Endpoint = BootHandle.FirstFree;

    /// <summary>A notification to signal, badged.</summary>
    internal const uint SignalNotification = BootHandle.FirstFree + 1;

    /// <summary>A notification to wait for, with <see cref="Bits"/> in it.</summary>
    internal const uint WaitNotification = BootHandle.FirstFree + 2;

    /// <summary>A process, to be looked at.</summary>
    internal const uint Process = BootHandle.FirstFree + 3;

    /// <summary>A thread, to be looked at.</summary>
    internal const uint Thread = BootHandle.FirstFree + 4;

    /// <summary>A timer, for nothing.</summary>
    internal const uint Timer = BootHandle.FirstFree + 5;

    /// <summary>A session, to wait for.</summary>
    internal const uint Session = BootHandle.FirstFree + 6;

    internal const ulong EndpointBadge = 0xE0D;
    internal const ulong SignalBadge = 0xBE;
    internal const ulong Bits = 0b1010;

    private struct Trials
    {
        internal ulong Count;
        internal ulong FirstWrong;

        internal void Expect(Error error, Error found)
        {
            Count++;
            FirstWrong = FirstWrong == 0 && found != error ? Count : FirstWrong;
        }

        // What needs a right that is not there.
        internal void Refused(SystemCall call, ulong handle, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0) =>
            Expect(Error.MissingRight, Sys.Call(call, handle, a1, a2, a3).Error);

        // What is allowed.
        internal void Done(SystemCall call, ulong handle, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0) =>
            Expect(Error.None, Sys.Call(call, handle, a1, a2, a3).Error);

        internal void Given(uint handle, ObjectKind kind, Rights rights, ulong badge = 0)
        {
            bool exact = Sys.CapabilityInspect(handle, CapabilityAspect.KindAndRights).Value == ((ulong)kind | (ulong)rights << 8)
                && Sys.CapabilityInspect(handle, CapabilityAspect.Badge).Value == badge;
            Expect(Error.None, exact ? Error.None : Error.BadState);
        }
    }

    internal static ulong RunRole()
    {
        Trials trials = default;
        byte* memory = Memory.Map(UserLayout.PageSize);
        TryMessages(ref trials, (IpcBuffer*)memory);
        TrySignals(ref trials);
        TryOthers(ref trials, memory);
        TryMachine(ref trials, memory);
        return trials.FirstWrong == 0 ? Content : trials.FirstWrong;
    }

    private static void TryMessages(ref Trials trials, IpcBuffer* buffer)
    {
        trials.Given(Endpoint, ObjectKind.Endpoint, Rights.Write, EndpointBadge);
        Message message = default;
        message.Tag = MessageTag.NoWait;
        trials.Expect(Error.MissingRight, IpcCalls.Receive(Endpoint, 0, &message));
        trials.Expect(Error.MissingRight, Sys.CapabilityMint(Endpoint, Rights.Write | Rights.Read).Error);
        trials.Expect(Error.MissingRight, Sys.CapabilityMint(Endpoint, Rights.Write | Rights.Grant).Error);
        trials.Expect(Error.BadArgument, Sys.CapabilityMint(Endpoint, Rights.Write, EndpointBadge + 1).Error);

        // Without Grant it sends words alone.
        IpcCalls.SetBuffer(BootHandle.MainThread, buffer);
        buffer->Capabilities[0] = SignalNotification;
        message = Message.Of(2);
        message.Tag |= 1 << MessageTag.CapabilitiesShift;
        trials.Expect(Error.MissingRight, IpcCalls.Call(Endpoint, &message));

        // A copy says the same about who sends.
        ulong copy = Sys.CapabilityCopy(Endpoint).Value;
        message = Message.Of(3);
        trials.Expect(Error.None, IpcCalls.Call(copy, &message));
        trials.Expect(Error.None, message.Word0 == 4 ? Error.None : Error.BadState);
    }

    private static void TrySignals(ref Trials trials)
    {
        trials.Given(SignalNotification, ObjectKind.Notification, Rights.Write, SignalBadge);
        trials.Refused(SystemCall.Wait, SignalNotification, 1);
        trials.Refused(SystemCall.Poll, SignalNotification);
        trials.Refused(SystemCall.NotificationBind, SignalNotification);
        trials.Done(SystemCall.Signal, SignalNotification, 0xFFFF);
        trials.Given(WaitNotification, ObjectKind.Notification, Rights.Read);
        trials.Refused(SystemCall.Signal, WaitNotification, 1);
        trials.Expect(Error.None, IpcCalls.Poll(WaitNotification).Value == Bits ? Error.None : Error.BadState);

        // What a timer signals it must be allowed to signal.
        ulong timer = Timers.Create().Value;
        trials.Expect(Error.MissingRight, Timers.Bind(timer, WaitNotification, 1));
        trials.Expect(Error.None, Timers.Bind(timer, SignalNotification, 1));
        trials.Given(Timer, ObjectKind.Timer, Rights.All & ~Rights.Control);
        trials.Refused(SystemCall.TimerSet, Timer, 1);
        trials.Refused(SystemCall.TimerCancel, Timer);
        trials.Refused(SystemCall.TimerBind, Timer, SignalNotification, 1);
    }

    private static void TryOthers(ref Trials trials, byte* memory)
    {
        *(LedgerReading*)memory = default;
        trials.Given(Process, ObjectKind.Process, Rights.Read);
        trials.Done(SystemCall.LedgerRead, Process, (ulong)LedgerScope.Process, 0, (ulong)memory);
        trials.Refused(SystemCall.ProcessExit, Process, 1);
        trials.Refused(SystemCall.MemoryMap, Process, 4096);
        trials.Refused(SystemCall.ThreadCreate, Process, UserLayout.ProgramBase, UserLayout.MainStackBase);
        trials.Refused(SystemCall.RingCreate, Process, UserLayout.HeapBase, 4, 4);
        trials.Given(Thread, ObjectKind.Thread, Rights.Read);
        trials.Done(SystemCall.ThreadRuntime, Thread);
        trials.Refused(SystemCall.ThreadStart, Thread);
        trials.Refused(SystemCall.ThreadSuspend, Thread);
        trials.Refused(SystemCall.ThreadResume, Thread);
        trials.Refused(SystemCall.ThreadKill, Thread, 1);
        trials.Refused(SystemCall.ThreadSetAffinity, Thread, 1);
        trials.Refused(SystemCall.ThreadSetBuffer, Thread, (ulong)memory);
        trials.Refused(SystemCall.ThreadSetFaultHandler, Thread, Endpoint);
        trials.Given(Session, ObjectKind.Session, Rights.Read);
        trials.Refused(SystemCall.SessionEnd, Session, 1);
        SpawnBuilder into = SpawnBuilder.ForRole("spawn", Children.ReturnCode);
        into.Session = Session;
        trials.Expect(Error.MissingRight, into.Start().Error);
    }

    private static void TryMachine(ref Trials trials, byte* memory)
    {
        trials.Given(BootHandle.Spawn, ObjectKind.Programs, Rights.Control);
        trials.Refused(SystemCall.SessionCreate, BootHandle.Spawn);
        SpawnBuilder child = SpawnBuilder.ForRole("spawn", Children.ReturnCode);
        child.AddArgument("code", 5);
        child.AddCapability(WaitNotification, Rights.Read, BootHandle.FirstFree);
        trials.Expect(Error.None, child.StartAndWait().Value == 5 ? Error.None : Error.BadState);
        child.AddCapability(Endpoint, Rights.Read, BootHandle.FirstFree + 1);
        trials.Expect(Error.MissingRight, child.Start().Error);
        trials.Given(BootHandle.Machine, ObjectKind.Machine, Rights.Read);
        trials.Done(SystemCall.PoolLevel, BootHandle.Machine, (ulong)PoolKind.Processes);
        trials.Refused(SystemCall.MachineExit, BootHandle.Machine, 1);
        trials.Refused(SystemCall.StaleEntryCheck, BootHandle.Machine);
        trials.Given(BootHandle.Policy, ObjectKind.Policy, Rights.Read);
        trials.Done(SystemCall.PolicyGet, BootHandle.Policy);
        trials.Refused(SystemCall.PolicySet, BootHandle.Policy, 1, (ulong)SchedulingPolicy.Fair);
        trials.Refused(SystemCall.ThreadSetScheduling, BootHandle.Policy, BootHandle.MainThread, (ulong)SchedulingParameter.Weight, 9);
        trials.Expect(Error.StaleHandle, Sys.Call(SystemCall.LogWrite, BootHandle.Log, (ulong)memory, 1).Error);
    }
}
