using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Wait;

/// <summary>Waiting for the end of a thread, a process or a session, which gives the code that it ended with.</summary>
public static unsafe class ExitWait<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// The current thread, which holds a reference to the object, waits in its <paramref name="queue"/>; or goes on at once if that
    /// <paramref name="isOver"/>, and lets the object go. The caller holds the queue's lock, under which it has looked; it is
    /// released.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error BlockUntilEnd(Cpu* cpu, ObjectKind kind, ObjectHeader* waitedFor, WaitQueue* queue, bool isOver, ulong exitCode)
    {
        SpinLock.CheckHeld<TMachine>(&queue->Lock, cpu);
        if (isOver)
        {
            queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
            References<TMachine>.Drop(cpu, kind, waitedFor->Reference);
            return Results.Ok(cpu, exitCode);
        }

        cpu->Current->WaitingFor = waitedFor;
        cpu->Current->WaitingForKind = kind;
        Waits<TMachine>.Block(cpu, queue, Instant.Never);
        return Results.AfterBlocking(cpu);
    }
}
