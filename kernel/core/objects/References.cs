using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Objects;

/// <summary>
/// Counting who holds an object. Whoever uses one without a lock that keeps it alive holds a reference meanwhile; the last
/// one to drop it frees the slot.
/// </summary>
public static unsafe class References<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Adds a holder; the caller knows that there is one already (its handle, under the process's lock,
    /// say).</summary>
    public static void Take(ObjectHeader* header) => TMachine.FetchAdd(ref header->References, 1);

    /// <summary>Adds a holder, unless the last one has just gone; the caller knows that the slot is not free yet.</summary>
    public static bool TryTake(ObjectHeader* header)
    {
        ulong seen = TMachine.Load(ref header->References);
        while (seen != 0)
        {
            ulong found = TMachine.CompareExchange(ref header->References, seen + 1, seen);
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
            Threads.Thread* thread = kernel->ThreadOf(reference);
            if (IsLast(&thread->Header))
            {
                TMachine.Store(ref thread->StateWord, 0);
                kernel->Threads.Free<TMachine>(cpu, thread);
            }
        }
        else if (kind == ObjectKind.Process)
        {
            Processes.Process* process = kernel->ProcessOf(reference);
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
        else if (!Ipc<TMachine>.TryDestroy(cpu, (MeetingPoint*)header))
        {
            Processes.Teardown<TMachine>.Adopt(cpu, (MeetingPoint*)header);
        }
    }

    private static bool IsLast(ObjectHeader* header) => TMachine.FetchAdd(ref header->References, ulong.MaxValue) == 1;
}
