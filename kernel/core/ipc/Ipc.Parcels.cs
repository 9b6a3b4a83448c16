using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Ipc;

/// <summary>Capabilities in messages. They are derived after the two have met, with no lock held (<see
/// cref="LockRank.Derivation"/> comes before all that meeting takes), so one that was deleted by then does not arrive.</summary>
public static unsafe partial class Ipc<TMachine>
{
    // Whether the current thread may pass capabilities through one of its own. A life of a slot has the same rights from its
    // beginning to its end: so if it has not ended once they were read, they are its.
    private static Error MayGrant(Thread* sender, ulong handle, uint tag)
    {
        if (MessageTag.Capabilities(tag) == 0)
        {
            return Error.None;
        }

        CapabilitySlot* slot = sender->Process->Handles.SlotOf(handle);
        Rights rights = slot->Rights;
        TMachine.Fence();
        return TMachine.Load(&slot->Handle) != (uint)handle ? Error.StaleHandle
            : (rights & Rights.Grant) == 0 ? Error.MissingRight : Error.None;
    }

    // Notes what a sender, whose message the caller is taking, passes on. Its buffer is read here, and not again.
    private static void Pack(Thread* sender, Parcel* parcel)
    {
        parcel->From = null;
        parcel->Count = MessageTag.Capabilities((uint)sender->Context.Rdi);
        if (parcel->Count == 0)
        {
            return;
        }

        parcel->From = sender->Process;
        References<TMachine>.Take(&sender->Process->Header);
        for (uint i = 0; i < parcel->Count; i++)
        {
            parcel->Handles[i] = sender->Ipc.Buffer->Capabilities[i];
        }
    }

    // The receiver, which is this CPU's, gets of a parcel as many as it takes. No lock is held.
    private static void Unpack(Cpu* cpu, Parcel* parcel, Thread* receiver)
    {
        if (parcel->From != null)
        {
            receiver->Context.Rdi |= Derive(cpu, parcel, receiver);
            LetGo(cpu, parcel);
        }
    }

    // Nobody gets it.
    private static void LetGo(Cpu* cpu, Parcel* parcel)
    {
        if (parcel->From != null)
        {
            References<TMachine>.Drop(cpu, ObjectKind.Process, parcel->From->Header.Reference);
        }
    }

    // What the receiver's tag has to say of it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Derive(Cpu* cpu, Parcel* parcel, Thread* receiver)
    {
        IpcBuffer* buffer = receiver->Ipc.Buffer;
        uint takes = buffer == null ? 0 : buffer->Takes;
        uint arrived = 0;
        for (uint i = 0; i < parcel->Count && arrived < takes; i++)
        {
            Derivation derivation = default;
            derivation.From = parcel->From;
            derivation.Handle = parcel->Handles[i];
            derivation.Mask = Rights.Same;
            derivation.To = receiver->Process;
            if (Capabilities<TMachine>.Derive(cpu, &derivation) == Error.None)
            {
                buffer->Capabilities[arrived] = (uint)derivation.Made;
                arrived++;
            }
        }

        uint lost = arrived < parcel->Count ? MessageTag.Truncated : 0;
        return arrived << MessageTag.CapabilitiesShift | lost;
    }
}
