using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Objects;

/// <summary>
/// Counting who holds an object. A reference that is held cannot be stale, so its index alone finds the object. Whoever uses one without a lock that keeps it alive holds a reference meanwhile; the last
/// one to drop it frees the slot.
/// </summary>
public static unsafe class References<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Adds a holder; the caller knows that there is one already (its handle, under the process's lock,
    /// say).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take(ObjectHeader* header) => TMachine.FetchAdd(&header->References, 1);

    /// <summary>The same of the object that a capability names. Kinds without pooled objects are left alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take(Cpu* cpu, ObjectKind kind, Ref reference)
    {
        if (kind == ObjectKind.Thread)
        {
            Take(&((Threads.Thread*)cpu->Kernel->Threads.At(reference.Index))->Header);
        }
        else if (kind == ObjectKind.Process)
        {
            Take(&((Processes.Process*)cpu->Kernel->Processes.At(reference.Index))->Header);
        }
        else if (cpu->Kernel->PoolOf(kind) != null)
        {
            Take((ObjectHeader*)cpu->Kernel->PoolOf(kind)->At(reference.Index));
        }
    }

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

    /// <summary>Takes one holder away; frees the object after the last. Kinds without pooled objects are left
    /// alone.</summary>
    public static void Drop(Cpu* cpu, ObjectKind kind, Ref reference)
    {
        Kernel* kernel = cpu->Kernel;
        if (kind == ObjectKind.Thread)
        {
            Threads.Thread* thread = (Threads.Thread*)kernel->Threads.At(reference.Index);
            if (IsLast(&thread->Header))
            {
                TMachine.Store(&thread->StateWord, 0);
                kernel->Threads.Free<TMachine>(cpu, thread);
            }
        }
        else if (kind == ObjectKind.Process)
        {
            Processes.Process* process = (Processes.Process*)kernel->Processes.At(reference.Index);
            if (IsLast(&process->Header))
            {
                kernel->Processes.Free<TMachine>(cpu, process);
            }
        }
        else if (kernel->PoolOf(kind) != null)
        {
            ObjectHeader* header = (ObjectHeader*)kernel->PoolOf(kind)->At(reference.Index);
            if (IsLast(header))
            {
                Destroy(cpu, kind, header);
            }
        }
    }

    private static void Destroy(Cpu* cpu, ObjectKind kind, ObjectHeader* header)
    {
        if (kind == ObjectKind.Reply)
        {
            Ipc<TMachine>.Destroy(cpu, (Reply*)header);
        }
        else if (kind == ObjectKind.Timer)
        {
            Time.TimerObjects<TMachine>.Destroy(cpu, (Time.Timer*)header);
        }
        else if (kind == ObjectKind.Session)
        {
            // Its processes and those who wait for its end have held it, so there are none.
            cpu->Kernel->Sessions.Free<TMachine>(cpu, header);
        }
        else if (kind == ObjectKind.Ring)
        {
            cpu->Kernel->Rings.Free<TMachine>(cpu, header);
        }
        else if (!Ipc<TMachine>.TryDestroy(cpu, (MeetingPoint*)header))
        {
            Processes.Teardown<TMachine>.Adopt(cpu, (MeetingPoint*)header);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsLast(ObjectHeader* header) => TMachine.FetchAdd(&header->References, ulong.MaxValue) == 1;
}
