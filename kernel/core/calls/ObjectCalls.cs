using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Calls;

/// <summary>System calls that make objects and give threads what they need to use them.</summary>
public static unsafe class ObjectCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.ObjectCreate"/>.</summary>
    public static Error Create(Cpu* cpu, ulong processHandle, ulong kind)
    {
        if ((ObjectKind)(byte)kind is not (ObjectKind.Endpoint or ObjectKind.Notification or ObjectKind.Reply or ObjectKind.Timer) || kind >= (ulong)ObjectKind.Count)
        {
            return Error.BadArgument;
        }

        Process* process = HandleCalls<TMachine>.TakeProcess(cpu, processHandle, Rights.Control, out Error error);
        if (process == null)
        {
            return error;
        }

        HandleCalls<TMachine>.Drop(cpu, process);
        ObjectHeader* made = (ObjectHeader*)cpu->Kernel->PoolOf((ObjectKind)kind)->Take<TMachine>(cpu);
        if (made == null)
        {
            return Error.PoolFull;
        }

        Prepare(made, (ObjectKind)kind);
        return HandleCalls<TMachine>.Give(cpu, (ObjectKind)kind, made);
    }

    /// <summary><see cref="SystemCall.ThreadSetBuffer"/>.</summary>
    public static Error SetBuffer(Cpu* cpu, ulong handle, ulong address)
    {
        if (address % IpcBuffer.Bytes != 0 || address >= UserLayout.Limit)
        {
            return Error.BadAddress;
        }

        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        if (thread == null)
        {
            return error;
        }

        Process* process = thread->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        void* buffer = process->Phase == ProcessPhase.Alive ? TMachine.PinnedUserMemory(cpu, process->Root, address) : null;
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        if (buffer != null)
        {
            thread->Ipc.Buffer = (IpcBuffer*)buffer;
        }

        HandleCalls<TMachine>.Drop(cpu, thread);
        return buffer == null ? Error.BadAddress : Error.None;
    }

    // All but its lock, which a CPU that still holds a pointer to the slot's last object may be taking.
    private static void Prepare(ObjectHeader* made, ObjectKind kind)
    {
        if (kind == ObjectKind.Reply)
        {
            ((Reply*)made)->Caller = null;
            return;
        }

        if (kind == ObjectKind.Timer)
        {
            TimerObjects<TMachine>.Prepare((Timer*)made);
            return;
        }

        ((MeetingPoint*)made)->Kind = kind;
        if (kind == ObjectKind.Notification)
        {
            Notification* notification = (Notification*)made;
            notification->Bits = 0;
            notification->Bound = null;
            notification->BoundReceives = false;
        }
    }
}
