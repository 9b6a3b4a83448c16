using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>
/// A process that has used a handle, has lost its capability, and uses up all lives of the handle's slot: then it tries the handle
/// once more. Nothing may come of that, whatever the kernel remembers of the first time.
/// </summary>
internal static unsafe class StaleHandleUser
{
    /// <summary>The role of the process.</summary>
    internal const long Role = 4;

    /// <summary>Where it finds an endpoint of its maker's.</summary>
    internal const uint Endpoint = BootHandle.FirstFree;

    /// <summary>Where it finds a notification that it signals, and one that it waits for.</summary>
    internal const uint Told = BootHandle.FirstFree + 1, Go = BootHandle.FirstFree + 2;

    /// <summary>Signals of the process: it has lost its capability and waits; the handle's slot has had its lives.</summary>
    internal const ulong Lost = 1, Used = 2;

    /// <summary>What it exits with if its last try gave StaleHandle.</summary>
    internal const ulong Refused = 0x20;

    /// <summary>The badge that it makes for itself.</summary>
    internal const ulong Badge = 0xF06E;

    /// <summary>How it goes about it.</summary>
    internal enum Way : long
    {
        /// <summary>It calls an endpoint of its own, deletes that, and calls again when another one is in its place.</summary>
        CallOwn = 0,

        /// <summary>It calls again after its capability was revoked.</summary>
        CallRevoked = 1,

        /// <summary>It received at an endpoint of its own, deletes that, and receives again.</summary>
        ReceiveOwn = 2,

        /// <summary>A thread of it waits to send when its capability is revoked.</summary>
        WaitRevoked = 3,
    }

    // A handle without its life.
    private const ulong SlotMask = 0x7FFF;
    private const ulong FewestLives = 1 << 16, MostLives = 1 << 18;

    /// <summary>The process. A thread of it may still wait for an answer.</summary>
    internal static ulong Run()
    {
        ulong code = (Way)Program.Argument("way", 0) switch
        {
            Way.CallOwn => CallOwn(),
            Way.CallRevoked => CallRevoked(),
            Way.ReceiveOwn => ReceiveOwn(),
            _ => WaitRevoked(),
        };
        Sys.ProcessExit(BootHandle.Process, code);
        return code;
    }

    private static ulong CallOwn()
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        ulong badged = Sys.CapabilityMint(endpoint, Rights.Write, Badge).Value;
        Message message = new() { Tag = MessageTag.NoWait };
        bool called = IpcCalls.Call(badged, &message) == Error.WouldBlock;
        Sys.CapabilityDelete(endpoint);
        Sys.CapabilityDelete(badged);
        return called ? Retry(SystemCall.Call, badged, badged) : 1;
    }

    private static ulong CallRevoked()
    {
        Message message = Message.Of(Server.Echo, 1);
        bool called = IpcCalls.Call(Endpoint, &message) == Error.None && message.Word1 == 2;
        return called ? Retry(SystemCall.Call, Endpoint, Endpoint) : 1;
    }

    private static ulong ReceiveOwn()
    {
        ulong reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        ulong other = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        Message message = new() { Tag = MessageTag.NoWait };
        bool received = IpcCalls.ReplyReceive(endpoint, reply, &message) == Error.WouldBlock;
        UserThread caller;
        received &= UserThread.CreateAndStart(&caller, &CallOther, other) == Error.None;
        Sys.CapabilityDelete(endpoint);

        // Somebody must wait for its answer, or there is nothing to answer and receive with at once.
        for (message.Tag = MessageTag.NoWait; IpcCalls.Receive(other, reply, &message) != Error.None; message.Tag = MessageTag.NoWait)
        {
            Sys.Yield();
        }

        return received ? Retry(SystemCall.ReplyReceive, endpoint, endpoint | reply << 32) : 1;
    }

    private static ulong CallOther(ulong endpoint)
    {
        Message message = default;
        return (ulong)IpcCalls.Call(endpoint, &message);
    }

    // The thread is known to wait when it has used up its time without having been served.
    private static ulong WaitRevoked()
    {
        UserThread sender;
        ulong error = UserThread.CreateAndStart(&sender, &SendThere, Endpoint) == Error.None ? 0ul : 1;
        while (Sys.ThreadRuntime(sender.Handle).Value == 0)
        {
            Sys.Yield();
        }

        Sys.SleepUntil(Clock.Now() + 2_000_000);
        error += UseUp(Endpoint) ? 0ul : 1;
        return error == 0 ? sender.Join() : error;
    }

    private static ulong SendThere(ulong endpoint)
    {
        Message message = default;
        Error error = IpcCalls.Send(endpoint, &message);
        return error == Error.StaleHandle ? Refused : (ulong)error;
    }

    // The capability of the handle is gone, and what is called or received from is not there any more, or not for this process.
    private static ulong Retry(SystemCall call, ulong handle, ulong argument)
    {
        if (!UseUp(handle))
        {
            return 1;
        }

        Message message = Message.Of(Server.Echo, 1);
        Error error = Stubs.MessageCall(call, argument, &message);
        return error == Error.StaleHandle ? Refused : (ulong)error;
    }

    // Says that the capability is lost, or may be taken; then copies and deletes another one in its slot until that is not used
    // again.
    private static bool UseUp(ulong handle)
    {
        IpcCalls.Signal(Told, Lost);
        IpcCalls.Wait(Go);
        ulong lives = 0;
        ulong copy = Sys.CapabilityCopy(BootHandle.Process).Value;
        for (; lives < MostLives && (copy & SlotMask) == (handle & SlotMask); lives++)
        {
            Sys.CapabilityDelete(copy);
            copy = Sys.CapabilityCopy(BootHandle.Process).Value;
        }

        IpcCalls.Signal(Told, Used);
        return lives > FewestLives && lives < MostLives;
    }
}
