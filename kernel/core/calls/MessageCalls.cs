using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Calls;

/// <summary>System calls that pass messages; <see cref="SystemCall"/> says what each does. The words of a message are in the
/// context of the thread before the kernel looks at them.</summary>
/// <remarks>
/// <see cref="SystemCall.Call"/> and <see cref="SystemCall.ReplyReceive"/> are what users of a microkernel wait for, and nearly
/// always end with another thread running. So the entry stub tells them apart, stores the words itself, and loads all from the
/// context afterwards, be it switched or not.
/// </remarks>
public static unsafe class MessageCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>What did not go directly: the result goes to the context.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void CallIndirectly(Cpu* cpu, ulong handle, ulong call)
    {
        if (TryCallWithLong(cpu, handle, call))
        {
            return;
        }

        Thread* thread = cpu->Current;
        cpu->Switched = 0;
        Conclude(cpu, thread, Ipc<TMachine>.Call(cpu, handle, call));
    }

    /// <summary>The same of an answer.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ReplyReceiveIndirectly(Cpu* cpu, ulong handles, ulong call)
    {
        if (TryReplyReceiveWithLong(cpu, handles, call))
        {
            return;
        }

        Thread* thread = cpu->Current;
        cpu->Switched = 0;
        Conclude(cpu, thread, Ipc<TMachine>.ReplyReceive(cpu, handles, call));
    }

    /// <summary>Where the entry has not told it apart.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Call(Cpu* cpu, ulong handle, ulong w0, ulong call, ulong w1, ulong w2)
    {
        Put(cpu, w0, w1, w2);
        if (!Ipc<TMachine>.TryCall<ShortMessage>(cpu, handle, call) && !TryCallWithLong(cpu, handle, call))
        {
            return Ipc<TMachine>.Call(cpu, handle, call);
        }

        cpu->Switched = 1;
        return Error.None;
    }

    /// <summary>The same of an answer.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error ReplyReceive(Cpu* cpu, ulong handles, ulong w0, ulong call, ulong w1, ulong w2)
    {
        Put(cpu, w0, w1, w2);
        if (!Ipc<TMachine>.TryReplyReceive<ShortMessage>(cpu, handles, call) && !TryReplyReceiveWithLong(cpu, handles, call))
        {
            return Ipc<TMachine>.ReplyReceive(cpu, handles, call);
        }

        cpu->Switched = 1;
        return Error.None;
    }

    /// <summary><see cref="SystemCall.Send"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Send(Cpu* cpu, ulong handle, ulong w0, ulong call, ulong w1, ulong w2)
    {
        Put(cpu, w0, w1, w2);
        return Ipc<TMachine>.Send(cpu, handle, call);
    }

    /// <summary><see cref="SystemCall.Reply"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Reply(Cpu* cpu, ulong handle, ulong w0, ulong call, ulong w1, ulong w2)
    {
        Put(cpu, w0, w1, w2);
        return Ipc<TMachine>.Reply(cpu, handle, call);
    }

    private static bool TryCallWithLong(Cpu* cpu, ulong handle, ulong call) =>
        LongMessage.Takes(cpu->Current, (uint)(call >> 32)) && Ipc<TMachine>.TryCall<LongMessage>(cpu, handle, call);

    private static bool TryReplyReceiveWithLong(Cpu* cpu, ulong handles, ulong call) =>
        LongMessage.Takes(cpu->Current, (uint)(call >> 32)) && Ipc<TMachine>.TryReplyReceive<LongMessage>(cpu, handles, call);

    // The fourth word is there already.
    private static void Put(Cpu* cpu, ulong w0, ulong w1, ulong w2)
    {
        MessageWords* words = MessageWords.Of(cpu->Current);
        words->W0 = w0;
        words->W1 = w1;
        words->W2 = w2;
    }

    private static void Conclude(Cpu* cpu, Thread* thread, Error error)
    {
        if (cpu->Switched == 0)
        {
            thread->Context.Rax = (ulong)error;
        }
    }
}
