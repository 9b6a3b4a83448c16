using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>Signals between threads on several CPUs.</summary>
internal static unsafe class SignalChecks
{
    private const uint Signallers = 4;
    private const ulong Rounds = 500;

    internal static void Run()
    {
        ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        ThreadGroup crew = ThreadGroup.Allocate(Signallers);
        for (uint i = 0; i < Signallers; i++)
        {
            crew.AddAndStartOn(i % Program.Cpus, &SignalOnAndOn, notification | ((ulong)i << 32));
        }

        ulong seen = 0;
        bool right = true;
        while (seen != (1ul << (int)Signallers) - 1)
        {
            SystemResult got = IpcCalls.Wait(notification);
            right &= got.Error == Error.None && got.Value != 0;
            seen |= got.Value >> 32;
        }

        crew.JoinAll();
        Report.Check(right, "whatever several CPUs signal arrives, and no wait ends without a bit");
        CheckBound(notification);
        Sys.CapabilityDelete(notification);
    }

    // Its last signal says that it has ended.
    private static ulong SignalOnAndOn(ulong argument)
    {
        ulong bit = 1ul << (int)(argument >> 32);
        for (ulong i = 0; i < Rounds; i++)
        {
            IpcCalls.Signal((uint)argument, bit);
        }

        IpcCalls.Signal((uint)argument, bit << 32);
        return 0;
    }

    private static void CheckBound(ulong notification)
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        IpcCalls.Poll(notification);
        bool right = IpcCalls.Bind(notification) == Error.None;
        ThreadGroup crew = ThreadGroup.Allocate(1);
        crew.AddAndStart(&SignalOnAndOn, notification);
        ulong seen = 0;
        while (seen >> 32 == 0)
        {
            Message message = default;
            right &= IpcCalls.Receive(endpoint, 0, &message) == Error.None && message.Tag == MessageTag.Signals;
            seen |= message.Badge;
        }

        crew.JoinAll();
        right &= IpcCalls.Unbind() == Error.None && IpcCalls.Unbind() == Error.BadState;
        Report.Check(right, "a bound notification's signals end receiving");
        Sys.CapabilityDelete(endpoint);
    }
}
