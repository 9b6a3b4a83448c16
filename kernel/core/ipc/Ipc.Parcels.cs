using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Ipc;

/// <summary>Capabilities in messages. They are derived after the two have met, with no lock held (<see
/// cref="LockRank.Derivation"/> comes before all that meeting takes), so one that was deleted by then does not arrive.</summary>
public static unsafe partial class Ipc<TMachine>
{
    // Whether the current thread may pass capabilities through one of its own. A life of a slot has the same rights from its
    // beginning to its end: so if it has not ended once they were read, they are its.
    private static Error CheckGrantRight(Thread* sender, ulong handle, uint tag)
    {
        if (MessageTag.Capabilities(tag) == 0)
        {
            return Error.None;
        }

        CapabilitySlot* slot = sender->Process->Handles.SlotOfHandle(handle);
        Rights rights = slot->Rights;
        TMachine.Fence();
        return TMachine.Load(&slot->Handle) != (uint)handle ? Error.StaleHandle
            : (rights & Rights.Grant) == 0 ? Error.MissingRight : Error.None;
    }

    // Notes what a sender, whose message the caller is taking, passes on. Its buffer is read here, and not again.
    private static void CaptureCapabilities(Thread* sender, CapabilityTransfer* transfer)
    {
        transfer->SourceProcess = null;
        transfer->Count = MessageTag.Capabilities((uint)sender->Context.Rdi);
        if (transfer->Count == 0)
        {
            return;
        }

        transfer->SourceProcess = sender->Process;
        References<TMachine>.Take(&sender->Process->Header);
        for (uint i = 0; i < transfer->Count; i++)
        {
            transfer->Handles[i] = sender->Ipc.Buffer->Capabilities[i];
        }
    }

    // The receiver, which is this CPU's, gets as many of the capabilities as it takes. No lock is held.
    private static void DeliverCapabilities(Cpu* cpu, CapabilityTransfer* transfer, Thread* receiver)
    {
        if (transfer->SourceProcess != null)
        {
            receiver->Context.Rdi |= DeriveTransferred(cpu, transfer, receiver);
            ReleaseTransfer(cpu, transfer);
        }
    }

    // Nobody gets it.
    private static void ReleaseTransfer(Cpu* cpu, CapabilityTransfer* transfer)
    {
        if (transfer->SourceProcess != null)
        {
            References<TMachine>.Drop(cpu, ObjectKind.Process, transfer->SourceProcess->Header.Reference);
        }
    }

    // What the receiver's tag has to say of it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint DeriveTransferred(Cpu* cpu, CapabilityTransfer* transfer, Thread* receiver)
    {
        IpcBuffer* buffer = receiver->Ipc.Buffer;
        uint takes = buffer == null ? 0 : buffer->MaxReceivedCapabilities;
        uint arrived = 0;
        for (uint i = 0; i < transfer->Count && arrived < takes; i++)
        {
            DerivationRequest derivation = default;
            derivation.SourceProcess = transfer->SourceProcess;
            derivation.SourceHandle = transfer->Handles[i];
            derivation.RightsMask = Rights.Same;
            derivation.TargetProcess = receiver->Process;
            if (Capabilities<TMachine>.Derive(cpu, &derivation) == Error.None)
            {
                buffer->Capabilities[arrived] = (uint)derivation.NewHandle;
                arrived++;
            }
        }

        uint lost = arrived < transfer->Count ? MessageTag.Truncated : 0;
        return arrived << MessageTag.CapabilitiesShift | lost;
    }
}
