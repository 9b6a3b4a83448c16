using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process with threads in the middle of rings, each in another kind of wait with requests behind it, and with a ring
/// to which its maker has a capability.</summary>
internal static unsafe class RingVictim
{
    internal const long Role = 6;

    /// <summary>Where it finds an endpoint to call, which takes capabilities.</summary>
    internal const uint Desk = BootHandle.FirstFree;

    /// <summary>Where it finds an endpoint at which nobody answers.</summary>
    internal const uint Silent = BootHandle.FirstFree + 1;

    /// <summary>Where it finds a notification that nobody signals.</summary>
    internal const uint Notification = BootHandle.FirstFree + 2;

    /// <summary>Where it finds an endpoint at which nobody sends.</summary>
    internal const uint Empty = BootHandle.FirstFree + 3;

    private const uint Waiters = 6;

    // A minute is longer than a smoke may take.
    private const long Long = 1_000_000_000_000_000;

    private struct Waiter
    {
        internal Ring Ring;
        internal ulong Word;
    }

    internal static ulong RunRole()
    {
        Waiter* waiters = (Waiter*)Memory.Map(Waiters * (ulong)sizeof(Waiter));
        ThreadGroup crew = ThreadGroup.Allocate(Waiters);
        for (uint i = 0; i < Waiters; i++)
        {
            Ring.Create(&waiters[i].Ring, 4, 4);
            waiters[i].Ring.TrySubmit(SystemCall.Nop, 0);
            Submit(&waiters[i], i);
            waiters[i].Ring.TrySubmit(SystemCall.Signal, 2, Notification, 1);
            crew.AddAndStartOn(i % Program.Cpus, &Enter, (ulong)&waiters[i]);
            BlockDetection.WaitUntilThreadBlocks(crew.Handle(i));
        }

        // Now all of them are where they should be. The one that calls passes the ring of the first.
        IpcBuffer* buffer = (IpcBuffer*)Memory.Map(UserLayout.PageSize);
        IpcCalls.SetBuffer(BootHandle.MainThread, buffer);
        buffer->Capabilities[0] = (uint)waiters[0].Ring.Handle;
        Message message = Message.Of(waiters[0].Ring.Header->CompletionTail);
        message.Tag |= 1 << MessageTag.CapabilitiesShift;
        IpcCalls.Call(Desk, &message);
        if (Program.Argument("ends", 0) != 0)
        {
            Sys.ProcessExit(BootHandle.Process, (ulong)Program.Argument("ends", 0));
        }

        return crew.JoinAll();
    }

    private static void Submit(Waiter* waiter, uint kind)
    {
        Ring* ring = &waiter->Ring;
        _ = kind switch
        {
            0 => ring->TrySubmit(SystemCall.Wait, 1, Notification),
            1 => ring->TrySubmit(SystemCall.Call, 1, Silent),
            2 => ring->TrySubmit(SystemCall.Receive, 1, Empty | (IpcCalls.CreateObject(ObjectKind.Reply).Value << 32)),
            3 => ring->TrySubmit(SystemCall.SleepUntil, 1, (ulong)(Clock.Now() + Long)),
            4 => ring->TrySubmit(SystemCall.Park, 1, (ulong)&waiter->Word, 0, (ulong)(Clock.Now() + Long)),
            _ => ring->TrySubmit(SystemCall.ThreadJoin, 1, BootHandle.MainThread),
        };
    }

    private static ulong Enter(ulong waiter) => ((Waiter*)waiter)->Ring.Enter().Value;
}
