using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Timers;

namespace Lachesis.Core.Entry;

/// <summary>System calls on timers; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class TimerCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.TimerSet"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Set(Cpu* cpu, ulong handle, ulong deadline, ulong period)
    {
        if (deadline >= long.MaxValue || period > CallLimits.MaxTimerPeriodNs
            || (period != 0 && period < CallLimits.MinTimerPeriodNs))
        {
            return Error.BadArgument;
        }

        Timer* timer = (Timer*)ObjectLookup<TMachine>.TakeObject(
            cpu, handle, ObjectKind.Timer, Rights.Control, out _, out Error error);
        if (timer == null)
        {
            return error;
        }

        TimerObjects<TMachine>.Set(cpu, timer, new Instant((long)deadline), new Duration((long)period));
        References<TMachine>.Drop(cpu, ObjectKind.Timer, timer->Header.Reference);
        return Error.None;
    }

    /// <summary><see cref="SystemCall.TimerCancel"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Cancel(Cpu* cpu, ulong handle)
    {
        Timer* timer = (Timer*)ObjectLookup<TMachine>.TakeObject(
            cpu, handle, ObjectKind.Timer, Rights.Control, out _, out Error error);
        if (timer == null)
        {
            return error;
        }

        ulong overruns = TimerObjects<TMachine>.Cancel(cpu, timer);
        References<TMachine>.Drop(cpu, ObjectKind.Timer, timer->Header.Reference);
        return Results.Ok(cpu, overruns);
    }

    /// <summary><see cref="SystemCall.TimerBind"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Bind(Cpu* cpu, ulong handle, ulong notificationHandle, ulong bits)
    {
        Timer* timer = (Timer*)ObjectLookup<TMachine>.TakeObject(
            cpu, handle, ObjectKind.Timer, Rights.Control, out _, out Error error);
        if (timer == null)
        {
            return error;
        }

        Notification* target = (Notification*)ObjectLookup<TMachine>.TakeObject(
            cpu, notificationHandle, ObjectKind.Notification, Rights.Write, out ulong badge, out error);
        if (target != null)
        {
            TimerObjects<TMachine>.Bind(cpu, timer, target, badge == 0 ? bits : badge);
        }

        // The notification that it signalled before may be gone with that, and whoever waited for it awake.
        References<TMachine>.Drop(cpu, ObjectKind.Timer, timer->Header.Reference);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, error);
    }
}
