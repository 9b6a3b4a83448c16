using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Timers;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Objects;

/// <summary>
/// Counting who holds an object: each tree of capabilities (<see cref="Capabilities.DerivationTree"/>), each binding, its own
/// life. A reference that is held cannot be stale, so its index alone finds the object. Whoever uses one
/// without a lock that keeps it alive holds a reference meanwhile; the last one to drop it frees the slot.
/// </summary>
public static unsafe class References<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Adds a holder; the caller knows that there is one already (its handle, under the process's lock,
    /// say).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take(ObjectHeader* header) => TMachine.FetchAdd(&header->References, 1);

    /// <summary>Adds a holder, unless the last one has just gone; the caller knows that the slot is not free yet.</summary>
    public static bool TryTake(ObjectHeader* header)
    {
        ulong seen = TMachine.Load(&header->References);
        while (seen != 0)
        {
            ulong found = TMachine.CompareExchange(&header->References, seen + 1, seen);
            if (found == seen)
            {
                return true;
            }

            seen = found;
        }

        return false;
    }

    /// <summary>Takes one holder away; frees the object after the last. What has no pool is permanent and not counted; a kind that is
    /// neither pooled nor permanent panics.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Drop(Cpu* cpu, ObjectKind kind, ObjectRef reference)
    {
        Pool* pool = cpu->Kernel->PoolOf(kind);
        if (pool == null)
        {
            RequirePermanent(cpu, kind);
            return;
        }

        ObjectHeader* header = Pool.HeaderAt(pool, reference.Index);
        if (TMachine.FetchAdd(&header->References, ulong.MaxValue) == 1)
        {
            Destroy(cpu, kind, header);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RequirePermanent(Cpu* cpu, ObjectKind kind)
    {
        if (!ObjectKinds.IsPermanent(kind))
        {
            ObjectKinds.PanicUnknown<TMachine>(cpu, kind, "a reference to an object of no known kind was dropped");
        }
    }

    // Its last holder has gone.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Destroy(Cpu* cpu, ObjectKind kind, ObjectHeader* header)
    {
        Kernel* kernel = cpu->Kernel;
        if (kind == ObjectKind.Thread)
        {
            Threads.Thread* thread = (Threads.Thread*)kernel->Threads.At(header->Index);
            ObjectRef process = thread->Process->Header.Reference;
            TMachine.Store(&thread->StateWord, 0);
            kernel->Threads.Free<TMachine>(cpu, thread);
            Drop(cpu, ObjectKind.Process, process);
        }
        else if (kind == ObjectKind.Process)
        {
            kernel->Processes.Free<TMachine>(cpu, kernel->Processes.At(header->Index));
        }
        else if (kind == ObjectKind.Reply)
        {
            Ipc<TMachine>.DestroyReply(cpu, (Reply*)header);
        }
        else if (kind == ObjectKind.Timer)
        {
            TimerObjects<TMachine>.Destroy(cpu, (Timer*)header);
        }
        else if (kind == ObjectKind.Session)
        {
            // Its processes and those who wait for its end have held it, so there are none.
            kernel->Sessions.Free<TMachine>(cpu, header);
        }
        else if (kind == ObjectKind.Ring)
        {
            kernel->Rings.Free<TMachine>(cpu, header);
        }
        else if (kind is ObjectKind.Endpoint or ObjectKind.Notification)
        {
            DestroyWaitable(cpu, (WaitableObject*)header);
        }
        else
        {
            ObjectKinds.PanicUnknown<TMachine>(cpu, kind, "nothing destroys an object of this kind");
        }
    }

    // What is left of it when a step's worth of waiters has been woken is this CPU's work.
    private static void DestroyWaitable(Cpu* cpu, WaitableObject* waitable)
    {
        if (!Ipc<TMachine>.TryDestroyWaitable(cpu, waitable))
        {
            Teardown<TMachine>.Enqueue(cpu, waitable);
        }
    }
}
