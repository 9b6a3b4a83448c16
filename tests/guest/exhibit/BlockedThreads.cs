using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Exhibit;

/// <summary>The threads, and what they wait at. Their handles stay, so that all of it does.</summary>
internal static unsafe class BlockedThreads
{
    // Time enough for a thread to come to its wait; it has no rival then, and so needs none of it.
    private const long ArrivalNs = 1_000_000;

#pragma warning disable IDE0044 // The address of a read-only field cannot be taken.
    private static uint s_word;
#pragma warning restore IDE0044

    /// <summary>Makes all of it; false if anything could not be made.</summary>
    internal static bool Make()
    {
        bool good = Start(&Return, 0, out _);
        good &= Create(&Return, 0, out ulong unstarted);
        good &= Start(&Sleep, 0, out _);
        good &= Start(&Park, 0, out _);
        good &= Start(&Join, unstarted, out _);
        good &= AtEndpoints();
        good &= AtNotifications();
        good &= AtProcesses();
        good &= InRing();
        return good && Runnable();
    }

    private static bool AtEndpoints()
    {
        ulong receives = Make(ObjectKind.Endpoint);
        ulong sends = Make(ObjectKind.Endpoint);
        ulong calls = Make(ObjectKind.Endpoint);
        ulong reply = Make(ObjectKind.Reply);
        bool good = Start(&Receive, receives, out _) && Start(&Send, sends, out _);
        good &= Start(&Call, Sys.CapabilityMint(calls, Rights.Write, badge: 0xBAD6E).Value, out _);

        // Taken and not answered.
        Message message = default;
        good &= IpcCalls.Receive(calls, reply, &message) == Error.None;

        // A thread that faults calls its handler.
        good &= Create(&Fault, 0, out ulong faulty) && IpcCalls.SetFaultHandler(faulty, sends) == Error.None;
        return good && Begin(faulty);
    }

    private static bool AtNotifications()
    {
        ulong waited = Make(ObjectKind.Notification);
        ulong bound = Make(ObjectKind.Notification);
        ulong timer = Make(ObjectKind.Timer);
        return Start(&Wait, waited, out _)
            && IpcCalls.Bind(bound) == Error.None
            && IpcCalls.Signal(bound, 0x5) == Error.None
            && Timers.Bind(timer, waited, 0x8) == Error.None
            && Timers.Set(timer, long.MaxValue - 1, 7_000_000) == Error.None;
    }

    private static bool AtProcesses()
    {
        SystemResult session = Sessions.Create();
        SystemResult process = Exhibit.StartSleeper(session.Value);
        return session.Error == Error.None && process.Error == Error.None
            && Start(&AwaitProcess, process.Value, out _) && Start(&AwaitSession, session.Value, out _);
    }

    private static bool InRing() => Start(&WaitInRing, Make(ObjectKind.Notification), out _);

    private static bool Runnable()
    {
        bool good = Create(&Spin, 0, out ulong suspended) && Sys.ThreadStart(suspended) == Error.None;
        good &= Sys.ThreadSuspend(suspended) == Error.None;
        for (int i = 0; i < 2; i++)
        {
            good &= Create(&Spin, 0, out ulong spinner) && Sys.ThreadStart(spinner) == Error.None;
        }

        return good;
    }

    private static ulong Make(ObjectKind kind) => IpcCalls.CreateObject(kind).Value;

    private static bool Start(delegate*<ulong, ulong> function, ulong argument, out ulong thread) =>
        Create(function, argument, out thread) && Begin(thread);

    private static bool Create(delegate*<ulong, ulong> function, ulong argument, out ulong thread)
    {
        UserThread* made = (UserThread*)Memory.Map((ulong)sizeof(UserThread));
        Error error = made == null ? Error.OutOfMemory : UserThread.Create(made, function, argument);
        thread = error == Error.None ? made->Handle : 0;
        return error == Error.None && Sys.ThreadSetAffinity(thread, 1) == Error.None;
    }

    private static bool Begin(ulong thread) =>
        Sys.ThreadStart(thread) == Error.None && Sys.SleepUntil(Clock.Now() + ArrivalNs) == Error.None;

    private static ulong Return(ulong unused) => 0;

    private static ulong Sleep(ulong unused) => (ulong)Sys.SleepUntil(long.MaxValue - 1);

    private static ulong Park(ulong unused)
    {
        fixed (uint* word = &s_word)
        {
            return (ulong)Sys.Park(word, 0);
        }
    }

    private static ulong Join(ulong thread) => Sys.ThreadJoin(thread).Value;

    private static ulong Receive(ulong endpoint)
    {
        Message message = default;
        return (ulong)IpcCalls.Receive(endpoint, Make(ObjectKind.Reply), &message);
    }

    private static ulong Send(ulong endpoint)
    {
        Message message = Message.Of(1);
        return (ulong)IpcCalls.Send(endpoint, &message);
    }

    private static ulong Call(ulong endpoint)
    {
        Message message = Message.Of(1);
        return (ulong)IpcCalls.Call(endpoint, &message);
    }

    private static ulong Fault(ulong unused) => *(ulong*)8;

    private static ulong Wait(ulong notification) => IpcCalls.Wait(notification).Value;

    private static ulong AwaitProcess(ulong process) => Sys.ProcessWait(process).Value;

    private static ulong AwaitSession(ulong session) => Sessions.Wait(session).Value;

    private static ulong WaitInRing(ulong notification)
    {
        Ring ring;
        if (Ring.Create(&ring, 4, 8) != Error.None)
        {
            return 1;
        }

        ring.TrySubmit(SystemCall.Nop, userData: 1);
        ring.TrySubmit(SystemCall.Wait, userData: 2, notification);
        return ring.Enter().Value;
    }

    private static ulong Spin(ulong unused)
    {
        while (true)
        {
            Sys.Nop();
        }
    }
}
