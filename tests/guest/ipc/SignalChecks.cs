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
        ulong notification = Channel.Create(ObjectKind.Notification).Value;
        Crew crew = Crew.Of(Signallers);
        for (uint i = 0; i < Signallers; i++)
        {
            crew.RunOn(i % Program.Cpus, &SignalOnAndOn, notification | ((ulong)i << 32));
        }

        ulong seen = 0;
        bool right = true;
        while (seen != (1ul << (int)Signallers) - 1)
        {
            SystemResult got = Channel.Wait(notification);
            right &= got.Error == Error.None && got.Value != 0;
            seen |= got.Value >> 32;
        }

        crew.Join();
        Report.Check(right, "whatever several CPUs signal arrives, and no wait ends without a bit");
        CheckBound(notification);
        Sys.HandleClose(notification);
    }

    // Its last signal says that it has ended.
    private static ulong SignalOnAndOn(ulong argument)
    {
        ulong bit = 1ul << (int)(argument >> 32);
        for (ulong i = 0; i < Rounds; i++)
        {
            Channel.Signal((uint)argument, bit);
        }

        Channel.Signal((uint)argument, bit << 32);
        return 0;
    }

    private static void CheckBound(ulong notification)
    {
        ulong endpoint = Channel.Create(ObjectKind.Endpoint).Value;
        Channel.Poll(notification);
        bool right = Channel.Bind(notification) == Error.None;
        Crew crew = Crew.Of(1);
        crew.Run(&SignalOnAndOn, notification);
        ulong seen = 0;
        while (seen >> 32 == 0)
        {
            Message message = default;
            right &= Channel.Receive(endpoint, 0, &message) == Error.None && message.Tag == MessageTag.Signals;
            seen |= message.Badge;
        }

        crew.Join();
        right &= Channel.Unbind() == Error.None && Channel.Unbind() == Error.BadState;
        Report.Check(right, "a bound notification's signals end receiving");
        Sys.HandleClose(endpoint);
    }
}
