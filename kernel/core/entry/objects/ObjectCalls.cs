using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Timers;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Entry;

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

        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, processHandle, ObjectKind.Process, Rights.Control);
        if (error != Error.None)
        {
            return error;
        }

        ObjectHeader* made = (ObjectHeader*)cpu->Kernel->PoolOf((ObjectKind)kind)->Allocate<TMachine>(cpu);
        if (made == null)
        {
            return Error.PoolFull;
        }

        SetKind(cpu, made, (ObjectKind)kind);
        return ObjectLookup<TMachine>.InstallNewObject(cpu, (ObjectKind)kind, made);
    }

    /// <summary><see cref="SystemCall.ThreadSetBuffer"/>.</summary>
    public static Error SetBuffer(Cpu* cpu, ulong handle, ulong address)
    {
        if (address % IpcBuffer.Bytes != 0 || address >= UserLayout.Limit)
        {
            return Error.BadAddress;
        }

        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        if (thread == null)
        {
            return error;
        }

        Process* process = thread->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        void* buffer = process->Phase == ProcessPhase.Alive ? TMachine.PinnedUserMemory(cpu, process->PageTableRoot, address) : null;
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        if (buffer != null)
        {
            thread->Ipc.Buffer = (IpcBuffer*)buffer;
        }

        ObjectLookup<TMachine>.Drop(cpu, thread);
        return buffer == null ? Error.BadAddress : Error.None;
    }

    // What a new one of its pool does not know of itself, as others are in it, or in queues with it.
    private static void SetKind(Cpu* cpu, ObjectHeader* newObject, ObjectKind kind)
    {
        switch (kind)
        {
            case ObjectKind.Endpoint:
            case ObjectKind.Notification:
                ((WaitableObject*)newObject)->Kind = kind;
                break;
            case ObjectKind.Timer:
                ((Timer*)newObject)->Node.OwnerKind = TimerOwnerKind.Timer;
                break;
            case ObjectKind.Reply:
                break;
            default:
                ObjectKinds.PanicUnknown<TMachine>(cpu, kind, "no system call makes an object of this kind");
                break;
        }
    }
}
