using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Faults;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

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
    internal static Error CallFaultHandler(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        FaultState* fault = &thread->Fault;
        WaitableObject* endpoint = LockFaultEndpoint(cpu, thread, out CapabilitySlot* slot);
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
            StageMessage(thread, FaultMessage.Tag, thread->Ipc.Badge);
            return CallFaultHandlerLocked(cpu, endpoint, slot);
        }

        CallClaimedReceiver<ShortMessage>(
            cpu, endpoint, thread, receiver, FaultMessage.Tag, thread->Ipc.Badge, TMachine.Now(cpu));
        return Error.None;
    }

    // The message that the thread keeps, to whoever can answer it, or waiting for somebody. The endpoint is locked.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error CallFaultHandlerLocked(Cpu* cpu, WaitableObject* endpoint, CapabilitySlot* slot)
    {
        SpinLock.CheckHeld<TMachine>(&endpoint->Queue.Lock, cpu);
        Thread* thread = cpu->Current;
        Thread* receiver = DequeuePartner(cpu, endpoint, IpcRole.Calling, out Error error);
        if (receiver == null && error == Error.None)
        {
            WaitToSend(cpu, endpoint, slot, thread->Fault.SentHandlerHandle, IpcRole.Calling, Instant.Never);
            return Error.None;
        }

        endpoint->Queue.Lock.Release<TMachine>(cpu, LockRank.Endpoint);
        if (receiver == null)
        {
            return error;
        }

        MoveMessage(cpu, thread, receiver);
        AwaitReplySlowpath(cpu, receiver);
        return Error.None;
    }

    // The endpoint that handles the faults of the current thread, locked, and the capability's badge noted; null if there is
    // none.
    private static WaitableObject* LockFaultEndpoint(Cpu* cpu, Thread* thread, out CapabilitySlot* slot)
    {
        Process* owner = thread->Process;
        FaultState* fault = &thread->Fault;
        owner->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        fault->SentHandlerHandle = fault->HandlerHandle;
        fault->SentHandlerProcess = fault->HandlerProcess;
        if (owner->Header.Index == fault->SentHandlerProcess.Index && owner->Header.Generation == fault->SentHandlerProcess.Generation)
        {
            slot = owner->Handles.Find(fault->SentHandlerHandle);
        }
        else
        {
            owner->Lock.Release<TMachine>(cpu, LockRank.Process);
            slot = FindInHandlerProcess(cpu, fault, out owner);
        }

        WaitableObject* endpoint = null;
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
    private static CapabilitySlot* FindInHandlerProcess(Cpu* cpu, FaultState* fault, out Process* owner)
    {
        owner = (Process*)cpu->Kernel->Processes.At(fault->SentHandlerProcess.Index);
        owner->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* slot = CapabilitySpace.CandidateSlotInOtherProcess<TMachine>(owner, fault->SentHandlerHandle);
        bool isNamed = slot->IsNamedBy(fault->SentHandlerHandle);
        return isNamed && TMachine.Load(&owner->Header.Generation) == fault->SentHandlerProcess.Generation ? slot : null;
    }

    // Whether what the slot told of a waiter's capability counts. A fault may wait through one of another process, whose slots
    // are gone with it: so they were there if, after they were read, that process had not begun to give them back.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool WasSlotReadValid(Cpu* cpu, Thread* waiter) =>
        waiter->Context.ResumeMode != UserContext.InFault || WasHandlerSlotReadValid(cpu, waiter);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool WasHandlerSlotReadValid(Cpu* cpu, Thread* waiter)
    {
        Process* owner = (Process*)cpu->Kernel->Processes.At(waiter->Fault.SentHandlerProcess.Index);
        ProcessPhase phase = (ProcessPhase)TMachine.Load((uint*)&owner->Phase);
        uint generation = TMachine.Load(&owner->Header.Generation);
        return phase < ProcessPhase.DeletingCapabilities && generation == waiter->Fault.SentHandlerProcess.Generation;
    }
}
