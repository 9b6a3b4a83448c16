namespace Lachesis.Abi;

/// <summary>What may be asked for through a ring (docs/rings.md): a bit for each call, by its number.</summary>
public static class RingOperations
{
    /// <summary>Those that end with a message.</summary>
    public const ulong ReturnsMessage =
        (1ul << (int)SystemCall.Call) | (1ul << (int)SystemCall.ReplyReceive) | (1ul << (int)SystemCall.Receive);

    /// <summary>Those that take a tag.</summary>
    public const ulong TakesTag = ReturnsMessage | (1ul << (int)SystemCall.Send) | (1ul << (int)SystemCall.Reply);

    /// <summary>All: calls that are short, and from which the caller comes back.</summary>
    public const ulong Allowed =
        (1ul << (int)SystemCall.Nop) | (1ul << (int)SystemCall.CurrentCpu) | (1ul << (int)SystemCall.Yield)
        | (1ul << (int)SystemCall.SleepUntil) | (1ul << (int)SystemCall.Park) | (1ul << (int)SystemCall.Unpark)
        | (1ul << (int)SystemCall.UnparkSwitch) | (1ul << (int)SystemCall.ThreadCreate) | (1ul << (int)SystemCall.ThreadStart)
        | (1ul << (int)SystemCall.ThreadJoin) | (1ul << (int)SystemCall.ThreadRuntime)
        | (1ul << (int)SystemCall.ThreadSetAffinity) | (1ul << (int)SystemCall.ThreadSuspend)
        | (1ul << (int)SystemCall.ThreadResume) | (1ul << (int)SystemCall.ThreadKill) | (1ul << (int)SystemCall.ProcessWait)
        | (1ul << (int)SystemCall.CapabilityDelete) | (1ul << (int)SystemCall.CapabilityMint)
        | (1ul << (int)SystemCall.CapabilityMove) | (1ul << (int)SystemCall.CapabilityRevoke)
        | (1ul << (int)SystemCall.CapabilityInspect) | (1ul << (int)SystemCall.ObjectCreate) | TakesTag
        | (1ul << (int)SystemCall.Signal) | (1ul << (int)SystemCall.Wait) | (1ul << (int)SystemCall.Poll)
        | (1ul << (int)SystemCall.NotificationBind) | (1ul << (int)SystemCall.NotificationUnbind)
        | (1ul << (int)SystemCall.TimerSet) | (1ul << (int)SystemCall.TimerCancel) | (1ul << (int)SystemCall.TimerBind);

    /// <summary>Whether a ring may ask for a call.</summary>
    public static bool Allows(ulong call) => call < 64 && (Allowed >> (int)call & 1) != 0;
}
