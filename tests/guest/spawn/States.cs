using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>A process whose only thread gets into one certain state and stays there.</summary>
internal static unsafe class States
{
    /// <summary>The role of the process; <c>state=</c> says which.</summary>
    internal const long Role = 16;

    /// <summary>Where it finds an endpoint of its maker's.</summary>
    internal const uint Endpoint = BootHandle.FirstFree;

    /// <summary>Where it finds a notification of its maker's.</summary>
    internal const uint Notification = BootHandle.FirstFree + 1;

    /// <summary>Where it finds another process.</summary>
    internal const uint Sibling = BootHandle.FirstFree + 2;

    // Nothing that it waits for comes: a minute is longer than a smoke may take.
    private const long Long = 1_000_000_000_000_000;

    /// <summary>What the thread does.</summary>
    internal enum State : long
    {
        /// <summary>It runs, all the time.</summary>
        Spinning,

        /// <summary>It sends to where nobody receives.</summary>
        Sending,

        /// <summary>It calls.</summary>
        Calling,

        /// <summary>It calls, until a deadline.</summary>
        CallingWithDeadline,

        /// <summary>It receives.</summary>
        Receiving,

        /// <summary>It receives, with a notification bound.</summary>
        ReceivingSignals,

        /// <summary>It waits for signals.</summary>
        WaitingForSignals,

        /// <summary>It waits for signals, until a deadline.</summary>
        WaitingWithDeadline,

        /// <summary>It parks.</summary>
        Parked,

        /// <summary>It parks until a deadline.</summary>
        ParkedWithDeadline,

        /// <summary>It sleeps.</summary>
        Sleeping,

        /// <summary>It joins a thread that is never started.</summary>
        Joining,

        /// <summary>It waits for the end of another process.</summary>
        WaitingForProcess,

        /// <summary>It waits for signals in the middle of a ring.</summary>
        InRing,

        /// <summary>It calls in the middle of a ring.</summary>
        CallingInRing,

        /// <summary>It has faulted, and its maker handles that.</summary>
        Faulting,

        /// <summary>It has suspended itself.</summary>
        Suspended,

        /// <summary>How many there are; not one itself.</summary>
        Count,
    }

    /// <summary>Whether its thread blocks there once, and never before.</summary>
    internal static bool Blocks(State state) => state is not (State.Spinning or State.Suspended);

    /// <summary>Whether any thread can get there, or only one that can name itself: the first of its process.</summary>
    internal static bool IsForAnyThread(State state) =>
        state is not (State.CallingWithDeadline or State.Faulting or State.Suspended);

    internal static ulong RunRole() => Enter((State)Program.Argument("state", 0));

    /// <summary>A thread: gets into the state of that number.</summary>
    internal static void Enter(ulong state) => Sys.ThreadExit(Enter((State)state));

    private static ulong Enter(State state)
    {
        ulong* words = (ulong*)Memory.Map(UserLayout.PageSize);
        return state switch
        {
            State.Spinning => Spin(),
            State.Parked => (ulong)Parking.Park(ref *words, 0),
            State.ParkedWithDeadline => (ulong)Parking.Park(ref *words, 0, Clock.Now() + Long),
            State.Sleeping => (ulong)Sys.SleepUntil(Clock.Now() + Long),
            State.Joining => Join(),
            State.WaitingForProcess => (ulong)Sys.ProcessWait(Sibling).Error,
            State.InRing => EnterRing(SystemCall.Wait, Notification),
            State.CallingInRing => EnterRing(SystemCall.Call, Endpoint),
            State.Faulting => Fault(),
            State.Suspended => Suspend(),
            _ => Talk(state, (IpcBuffer*)words),
        };
    }

    private static ulong Talk(State state, IpcBuffer* buffer)
    {
        Message message = Message.Of(1);
        switch (state)
        {
            case State.Sending:
                return (ulong)IpcCalls.Send(Endpoint, &message);
            case State.Calling:
                return (ulong)IpcCalls.Call(Endpoint, &message);
            case State.CallingWithDeadline:
                IpcCalls.SetBuffer(BootHandle.MainThread, buffer);
                buffer->Deadline = (ulong)(Clock.Now() + Long);
                message.Tag |= MessageTag.HasDeadline;
                return (ulong)IpcCalls.Call(Endpoint, &message);
            case State.ReceivingSignals:
                IpcCalls.Bind(Notification);
                return (ulong)IpcCalls.Receive(Endpoint, 0, &message);
            case State.Receiving:
                return (ulong)IpcCalls.Receive(Endpoint, IpcCalls.CreateObject(ObjectKind.Reply).Value, &message);
            case State.WaitingWithDeadline:
                return (ulong)IpcCalls.Wait(Notification, (ulong)(Clock.Now() + Long)).Error;
            default:
                return (ulong)IpcCalls.Wait(Notification).Error;
        }
    }

    // These two do not block, so they say that they are there.
    private static ulong Spin()
    {
        IpcCalls.Signal(Notification, 1);
        while (true)
        {
        }
    }

    private static ulong Suspend()
    {
        IpcCalls.Signal(Notification, 1);
        return (ulong)Sys.ThreadSuspend(BootHandle.MainThread);
    }

    private static ulong Join()
    {
        ulong stack = (ulong)Memory.Map(UserLayout.PageSize) + UserLayout.PageSize;
        ulong thread = Sys.ThreadCreate(BootHandle.Process, Stubs.ThreadStartAddress(), stack, 0).Value;
        return Sys.ThreadJoin(thread).Value;
    }

    private static ulong EnterRing(SystemCall call, ulong handle)
    {
        Ring ring;
        Ring.Create(&ring, 4, 4);
        ring.TrySubmit(SystemCall.CurrentCpu, 0);
        ring.TrySubmit(call, 1, handle);
        ring.TrySubmit(SystemCall.CurrentCpu, 2);
        return ring.Enter().Value;
    }

    private static ulong Fault()
    {
        IpcCalls.SetFaultHandler(BootHandle.MainThread, Endpoint);
        Stubs.UndefinedInstruction();
        return 0;
    }
}
