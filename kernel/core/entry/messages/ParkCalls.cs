using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Entry;

/// <summary>
/// Parking by address, and sleeping. A parker compares the word under the queue's lock; an unparker that changed the word
/// before takes the same lock, so either it finds the parker or the parker finds the new value: no wake is lost.
/// </summary>
public static unsafe class ParkCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.Park"/>.</summary>
    public static Error Park(Cpu* cpu, ulong address, ulong expected, ulong deadline)
    {
        if ((address & 3) != 0)
        {
            return Error.BadAddress;
        }

        if (expected > uint.MaxValue || deadline > long.MaxValue)
        {
            return Error.BadArgument;
        }

        Thread* thread = cpu->Current;
        WaitQueue* queue = cpu->Kernel->ParkTable.QueueFor(thread->Process, address);
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool readable = TMachine.ReadUserWord(cpu, address, out uint value);
        if (!readable || value != (uint)expected)
        {
            queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
            return readable ? Error.ValueChanged : Error.BadAddress;
        }

        thread->ParkAddress = address;
        Waits<TMachine>.Block(cpu, queue, deadline == 0 ? Instant.Never : new Instant((long)deadline));
        return Results.AfterBlocking(cpu);
    }

    /// <summary><see cref="SystemCall.Unpark"/>.</summary>
    public static Error Unpark(Cpu* cpu, ulong address, ulong maxThreads)
    {
        if ((address & 3) != 0 || address >= UserLayout.Limit)
        {
            return Error.BadAddress;
        }

        Process* process = cpu->Current->Process;
        WaitQueue* queue = cpu->Kernel->ParkTable.QueueFor(process, address);
        return maxThreads == 1 ? UnparkOne(cpu, queue, process, address) : UnparkMany(cpu, queue, process, address, maxThreads);
    }

    /// <summary><see cref="SystemCall.UnparkSwitch"/>.</summary>
    public static Error UnparkSwitch(Cpu* cpu, ulong address)
    {
        if ((address & 3) != 0 || address >= UserLayout.Limit)
        {
            return Error.BadAddress;
        }

        Process* process = cpu->Current->Process;
        WaitQueue* queue = cpu->Kernel->ParkTable.QueueFor(process, address);
        Thread* thread = Waits<TMachine>.ClaimFirstWaiter(cpu, queue, process, address);
        if (thread == null)
        {
            return Error.None;
        }

        cpu->Current->Context.Rdx = 1;
        Waits<TMachine>.CancelWait(cpu, thread);
        if (!Scheduler<TMachine>.MayRunHere(cpu, thread))
        {
            Wakeups<TMachine>.MakeRunnable(cpu, thread);
        }
        else if (Scheduler<TMachine>.TryHandOffTo(cpu, thread))
        {
            return Error.None;
        }

        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Error.None);
    }

    /// <summary><see cref="SystemCall.SleepUntil"/>.</summary>
    public static Error SleepUntil(Cpu* cpu, ulong instant)
    {
        if (instant >= long.MaxValue)
        {
            return Error.BadArgument;
        }

        Waits<TMachine>.Block(cpu, null, new Instant((long)instant));
        return Results.AfterBlocking(cpu);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Error UnparkOne(Cpu* cpu, WaitQueue* queue, Process* process, ulong address)
    {
        Thread* thread = Waits<TMachine>.ClaimFirstWaiter(cpu, queue, process, address);
        if (thread == null)
        {
            return Error.None;
        }

        Waits<TMachine>.CompleteWait(cpu, thread);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Results.Ok(cpu, 1));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error UnparkMany(Cpu* cpu, WaitQueue* queue, Process* process, ulong address, ulong maxThreads)
    {
        ulong limit = maxThreads < CallLimits.MaxUnpark ? maxThreads : CallLimits.MaxUnpark;
        ulong woken = 0;
        while (woken < limit)
        {
            Thread* thread = Waits<TMachine>.ClaimFirstWaiter(cpu, queue, process, address);
            if (thread == null)
            {
                break;
            }

            Waits<TMachine>.CompleteWait(cpu, thread);
            woken++;
        }

        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Results.Ok(cpu, woken));
    }
}
