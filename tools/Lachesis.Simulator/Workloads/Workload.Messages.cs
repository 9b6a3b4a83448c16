using Lachesis.Abi;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What programs do with messages, signals and timers.</summary>
internal sealed unsafe partial class Workload
{
    // What the threads of the first process share from the beginning: three of each kind.
    private const int SharedObjects = 12;

    // What a process is given that is to handle faults: an endpoint, and threads.
    private const uint Given = 4;

    private const ulong Buffers = SimulatedSystem.DataAddress + 0x1000;

    private static readonly ObjectKind[] s_smallKinds =
        [ObjectKind.Endpoint, ObjectKind.Reply, ObjectKind.Notification, ObjectKind.Timer];

    private void PerformMessages(uint cpu, Thread* thread, Operation operation, ref SeededRandom dice)
    {
        switch (operation)
        {
            case Operation.MakeObject:
                Call(cpu, SystemCall.ObjectCreate, BootHandle.Process, (ulong)SmallKind(ref dice));
                break;
            case Operation.SetBuffer:
                SetOwnBuffer(cpu, thread, ref dice);
                break;
            case Operation.SetFaultHandler:
                ulong handler = dice.OneIn(8) ? 0 : SomeHandle(thread, ObjectKind.Endpoint, ref dice);
                Call(cpu, SystemCall.ThreadSetFaultHandler, SomeHandle(thread, ObjectKind.Thread, ref dice), handler);
                break;
            case Operation.HandleFaultsOfGivenThreads:
                HandleFaultsOfGivenThreads(cpu, thread);
                break;
            case Operation.SpawnHandler:
                SpawnHandler(cpu, thread, ref dice);
                break;
            case Operation.FaultHandled when !IsFirst(thread) && thread->Fault.HandlerProcess.Generation != 0:
                Fault(cpu, thread, ref dice);
                break;
            case Operation.CopyCapability:
                CopyCapability(cpu, thread, ref dice);
                break;
            case Operation.Send:
                CallWithMessage(cpu, thread, SystemCall.Send, SomeHandle(thread, ObjectKind.Endpoint, ref dice), ref dice);
                break;
            case Operation.CallEndpoint when !IsFirst(thread):
                CallWithMessage(cpu, thread, SystemCall.Call, SomeHandle(thread, ObjectKind.Endpoint, ref dice), ref dice);
                break;
            case Operation.Receive:
                ulong reply = dice.OneIn(4) ? 0 : SomeHandle(thread, ObjectKind.Reply, ref dice) << 32;
                CallWithMessage(cpu, thread, SystemCall.Receive, (uint)SomeHandle(thread, ObjectKind.Endpoint, ref dice) | reply, ref dice);
                break;
            case Operation.Reply:
                CallWithMessage(cpu, thread, SystemCall.Reply, SomeHandle(thread, ObjectKind.Reply, ref dice), ref dice);
                break;
            case Operation.ReplyReceive:
                ulong both = (uint)SomeHandle(thread, ObjectKind.Endpoint, ref dice)
                    | (SomeHandle(thread, ObjectKind.Reply, ref dice) << 32);
                CallWithMessage(cpu, thread, SystemCall.ReplyReceive, both, ref dice);
                break;
            default:
                PerformSignals(cpu, thread, operation, ref dice);
                break;
        }
    }

    // A process that was made for that sets itself as the handler of the threads that it was given.
    private void HandleFaultsOfGivenThreads(uint cpu, Thread* thread)
    {
        bool goesOn = !IsFirst(thread->Process);
        for (uint i = 1; i < Given && goesOn; i++)
        {
            goesOn = Call(cpu, SystemCall.ThreadSetFaultHandler, BootHandle.FirstFree + i, BootHandle.FirstFree).WentOn;
        }
    }

    // A child that may set itself, at an endpoint of its parent's, as the handler of threads of that.
    private void SpawnHandler(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        _system.PutRequest(cpu, "child", Grants.Spawn, (ulong)(1 + dice.Below(15)));
        for (uint i = 0; i < Given; i++)
        {
            ulong handle = SomeHandle(thread, i == 0 ? ObjectKind.Endpoint : ObjectKind.Thread, ref dice);
            _system.PutCapability(
                cpu, new SpawnCapability { Handle = handle, Rights = Rights.Same, Index = BootHandle.FirstFree + i });
        }

        // Mostly nobody keeps it: so its place is free again once it has ended.
        SimulatedSystem.CallResult made = Call(cpu, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
        if (made is { WentOn: true, Error: Error.None } && !dice.OneIn(4))
        {
            Call(cpu, SystemCall.CapabilityDelete, made.Value);
        }
    }

    private void PerformSignals(uint cpu, Thread* thread, Operation operation, ref SeededRandom dice)
    {
        ulong notification = SomeHandle(thread, ObjectKind.Notification, ref dice);
        ulong timer = SomeHandle(thread, ObjectKind.Timer, ref dice);
        switch (operation)
        {
            case Operation.SignalBits:
                Call(cpu, SystemCall.Signal, notification, (ulong)dice.Below(4));
                break;
            case Operation.WaitBits:
                bool forEver = !IsFirst(thread) && dice.OneIn(2);
                Call(cpu, SystemCall.Wait, notification, forEver ? 0 : SomeInstant(ref dice));
                break;
            case Operation.PollBits:
                Call(cpu, SystemCall.Poll, notification);
                break;
            case Operation.Bind:
                Call(cpu, SystemCall.NotificationBind, notification);
                break;
            case Operation.Unbind:
                Call(cpu, SystemCall.NotificationUnbind);
                break;
            case Operation.SetTimer:
                ulong period = dice.OneIn(2) ? 0 : CallLimits.MinTimerPeriodNs + (ulong)dice.Below((int)_system.Shape.SliceNs);
                Call(cpu, SystemCall.TimerSet, timer, SomeInstant(ref dice), period);
                break;
            case Operation.CancelTimer:
                Call(cpu, SystemCall.TimerCancel, timer);
                break;
            case Operation.BindTimer:
                Call(cpu, SystemCall.TimerBind, timer, notification, (ulong)dice.Below(4));
                break;
        }
    }

    // A call that passes a message. The first thread comes back by itself: it does not wait, or not for ever.
    private void CallWithMessage(uint cpu, Thread* thread, SystemCall number, ulong handles, ref SeededRandom dice)
    {
        uint tag = (uint)dice.Below(6);
        tag = dice.OneIn(8) ? (uint)dice.Below(70) : tag;
        tag |= dice.OneIn(4) ? (uint)dice.Below(6) << MessageTag.CapabilitiesShift : 0;
        tag |= dice.OneIn(IsFirst(thread) ? 1 : 6) ? MessageTag.NoWait : 0;
        if (thread->Ipc.Buffer != null && dice.OneIn(2))
        {
            tag |= MessageTag.HasDeadline;
            thread->Ipc.Buffer->Deadline = SomeInstant(ref dice);
            for (int i = 0; i < (int)IpcBuffer.MaxCapabilities; i++)
            {
                thread->Ipc.Buffer->Capabilities[i] = (uint)SomeCapability(thread, ref dice);
            }
        }

        Note(cpu, _simulation.Recorder == null ? "" : $"thread {SimulatedSystem.NameOf(thread)} {number}({tag:x}, {handles:x})");

        // To a thread that faulted, the first words say how it goes on.
        ulong first = dice.OneIn(2) ? (ulong)dice.Below(3) : dice.Next();
        _system.CallWithMessage(cpu, number, tag, handles, first, dice.OneIn(8) ? UserLayout.Limit : 1, 2, 3);
    }

    // Each thread has one of a few places: some share it, as programs may.
    private void SetOwnBuffer(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ulong address = Buffers + ((ulong)dice.Below(5) * IpcBuffer.Bytes);
        Call(cpu, SystemCall.ThreadSetBuffer, SomeHandle(thread, ObjectKind.Thread, ref dice), address);
    }

    // A copy of an endpoint or the like, which may carry a badge.
    private void CopyCapability(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ulong source = SomeHandle(thread, SmallKind(ref dice), ref dice);
        Call(cpu, SystemCall.CapabilityMint, source, (ulong)Rights.Same, (ulong)(dice.OneIn(2) ? dice.Below(100) : 0));
    }

    private ulong SomeInstant(ref SeededRandom dice) => (ulong)(_system.Clock + dice.Below(2 * (int)_system.Shape.SliceNs));

    private static ObjectKind SmallKind(ref SeededRandom dice) => s_smallKinds[dice.Below(s_smallKinds.Length)];
}
