using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Objects;
using Lachesis.Core.Time;

namespace Lachesis.Core.Timers;

/// <summary>Signals a notification at an instant, once or periodically.</summary>
/// <remarks>
/// Its lock (<see cref="LockRank.Timer"/>) guards all but the node, which belongs to the timer queue that it is in. An armed
/// timer holds no reference to itself: with the last capability it leaves the queue.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Timer
{
    /// <summary>The pool's part.</summary>
    public ObjectHeader Header;

    /// <summary>Guards the rest.</summary>
    public SpinLock Lock;

    /// <summary>When it fires next.</summary>
    public TimerNode Node;

    /// <summary>Whether it is to fire at all.</summary>
    public bool Armed;

    /// <summary>Time from one firing to the next, or 0: it fires once.</summary>
    public Duration Period;

    /// <summary>Periods that passed since it was set without a firing of their own.</summary>
    public ulong Overruns;

    /// <summary>What it signals, or null. It holds one reference to it.</summary>
    public Notification* Target;

    /// <summary>The bits that it signals.</summary>
    public ulong Bits;

    /// <summary>The timer that a node is part of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Timer* FromNode(TimerNode* node)
    {
        // How far into a timer its node lies, whatever timer: any address but null will do.
        Timer* any = (Timer*)node;
        return (Timer*)((byte*)node - ((byte*)&any->Node - (byte*)any));
    }
}
