using System.Runtime.CompilerServices;
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
        FaultState* fault = &thread->Fault;
        MeetingPoint* endpoint = LockHandler(cpu, thread, out CapabilitySlot* slot);
        if (endpoint == null)
        {
            return Error.StaleHandle;
        }

        MessageWords* words = MessageWords.Of(thread);
        words->W0 = fault->Vector;
        words->W1 = thread->Context.Rip;
        words->W2 = fault->Address;
        words->W3 = fault->ErrorCode;
        Thread* receiver = endpoint->Queue.First;
        if (!TryClaimReceiver(cpu, receiver))
        {
            Keep(thread, FaultMessage.Tag, thread->Ipc.Badge);
            return CallLocked(cpu, endpoint, slot);
        }

        CallClaimed<ShortMessage>(
            cpu, endpoint, thread, receiver, FaultMessage.Tag, thread->Ipc.Badge, TMachine.Now(cpu));
        return Error.None;
    }

    // The message that the thread keeps, to whoever can answer it, or waiting for somebody. The endpoint is locked.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error CallLocked(Cpu* cpu, MeetingPoint* endpoint, CapabilitySlot* through)
    {
        Thread* thread = cpu->Current;
        Thread* receiver = TakeFirst(cpu, endpoint, IpcRole.Calling, out Error error);
        if (receiver == null && error == Error.None)
        {
            WaitToSend(cpu, endpoint, through, thread->Fault.SentWith, IpcRole.Calling, Instant.Never);
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

    // The endpoint that handles the faults of the current thread, locked, and the capability's badge noted; null if there is
    // none.
    private static MeetingPoint* LockHandler(Cpu* cpu, Thread* thread, out CapabilitySlot* slot)
    {
        Process* owner = thread->Process;
        FaultState* fault = &thread->Fault;
        owner->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        fault->SentWith = fault->Handler;
        fault->SentThrough = fault->HandlerOwner;
        if (owner->Header.Index == fault->SentThrough.Index && owner->Header.Generation == fault->SentThrough.Generation)
        {
            slot = owner->Handles.Find(fault->SentWith);
        }
        else
        {
            owner->Lock.Release<TMachine>(cpu, LockRank.Process);
            slot = FindElsewhere(cpu, fault, out owner);
        }

        MeetingPoint* endpoint = null;
        if (slot != null)
        {
            thread->Ipc.Badge = slot->Badge;
            endpoint = EndpointOf(cpu, slot);
            endpoint->Queue.Lock.Acquire<TMachine>(cpu, LockRank.Endpoint);
        }

        owner->Lock.Release<TMachine>(cpu, LockRank.Process);
        return endpoint;
    }

    // The capability of another process, which is locked, through which the fault is sent; null if it is gone. That process may
    // have ended, and its place in the pool may be free or another's by now. In any case, its capabilities come and go under the
    // lock alone; so one that is found there is the sender's if the life is still the same.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CapabilitySlot* FindElsewhere(Cpu* cpu, FaultState* fault, out Process* owner)
    {
        owner = (Process*)cpu->Kernel->Processes.At(fault->SentThrough.Index);
        owner->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* slot = CapabilitySpace.CandidateElsewhere<TMachine>(owner, fault->SentWith);
        bool isNamed = slot->IsNamedBy(fault->SentWith);
        return isNamed && TMachine.Load(&owner->Header.Generation) == fault->SentThrough.Generation ? slot : null;
    }

    // Whether what the slot told of a waiter's capability counts. A fault may wait through one of another process, whose slots
    // are gone with it: so they were there if, after they were read, that process had not begun to give them back.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HadSlot(Cpu* cpu, Thread* waiter) =>
        waiter->Context.Interrupted != UserContext.InFault || HadSlotElsewhere(cpu, waiter);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool HadSlotElsewhere(Cpu* cpu, Thread* waiter)
    {
        Process* owner = (Process*)cpu->Kernel->Processes.At(waiter->Fault.SentThrough.Index);
        ProcessPhase phase = (ProcessPhase)TMachine.Load((uint*)&owner->Phase);
        uint generation = TMachine.Load(&owner->Header.Generation);
        return phase < ProcessPhase.ClosingHandles && generation == waiter->Fault.SentThrough.Generation;
    }
}
