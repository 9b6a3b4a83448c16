using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Ipc;

/// <summary>Calls that the kernel makes on behalf of threads that faulted.</summary>
public static unsafe partial class Ipc<TMachine>
{
    /// <summary>
    /// The current thread, whose fault is noted and whose registers are kept, calls whoever handles its faults, and blocks. Its
    /// context then holds error and answer, as after any call. With an error it has not blocked: <see
    /// cref="Error.StaleHandle"/>: nobody handles them any more; <see cref="Error.NoReply"/>: who receives can bind no
    /// caller; <see cref="Error.WouldBlock"/>: the way to the receivers was too long for one turn.
    /// </summary>
    internal static Error CallHandler(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        MeetingPoint* endpoint = LockHandler(cpu, thread, out CapabilitySlot* slot, out uint handle);
        if (endpoint == null)
        {
            return Error.StaleHandle;
        }

        Thread* receiver = TakeFirst(cpu, endpoint, IpcRole.Calling, out Error error);
        if (receiver == null && error == Error.None)
        {
            WaitToSend(cpu, endpoint, slot, handle, IpcRole.Calling, Instant.Never);
            return Error.None;
        }

        endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
        if (receiver == null)
        {
            return error;
        }

        MoveMessage(cpu, thread, receiver);
        AwaitAnswerWherever(cpu, receiver);
        return Error.None;
    }

    // The endpoint that handles the faults of the current thread, locked, and the thread's message as it goes there; null if
    // there is none. The capability may be another process's, whose slot of the pool may have another life by now: as a
    // capability was found there, under the lock, and after that the life was still the same, it was that process's.
    private static MeetingPoint* LockHandler(Cpu* cpu, Thread* thread, out CapabilitySlot* slot, out uint handle)
    {
        Process* process = thread->Process;
        FaultState* fault = &thread->Fault;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        handle = fault->Handler;
        fault->SentThrough = fault->HandlerOwner;
        Process* owner = (Process*)cpu->Kernel->Processes.At(fault->SentThrough.Index);
        if (owner != process)
        {
            process->Lock.Release<TMachine>(cpu, LockRank.Process);
            owner->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        }

        slot = owner->Handles.Find(handle);
        TMachine.Fence();
        if (slot == null || owner->Header.Generation != fault->SentThrough.Generation)
        {
            owner->Lock.Release<TMachine>(cpu, LockRank.Process);
            return null;
        }

        Keep(thread, FaultMessage.Tag, slot->Badge, fault->Vector, thread->Context.Rip, fault->Address);
        thread->Context.R10 = fault->ErrorCode;
        MeetingPoint* endpoint = EndpointOf(cpu, slot);
        endpoint->Queue.Lock.Acquire<TMachine>(cpu, LockRank.Endpoint);
        owner->Lock.Release<TMachine>(cpu, LockRank.Process);
        return endpoint;
    }

    // Whether what the slot told of a waiter's capability counts. A fault may wait through one of another process, whose slots
    // are gone with it: so they were there if, after they were read, that process had not begun to give them back.
    private static bool HadSlot(Cpu* cpu, Thread* waiter)
    {
        if (waiter->Context.Interrupted != UserContext.InFault)
        {
            return true;
        }

        TMachine.Fence();
        Process* owner = (Process*)cpu->Kernel->Processes.At(waiter->Fault.SentThrough.Index);
        bool keeps = owner->Phase < ProcessPhase.ClosingHandles;
        TMachine.Fence();
        return keeps && owner->Header.Generation == waiter->Fault.SentThrough.Generation;
    }
}
