using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Entry;

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
    public static void CallSlowpath(Cpu* cpu, ulong handle, ulong callAndTag)
    {
        if (TryFastCallLong(cpu, handle, callAndTag))
        {
            return;
        }

        Thread* thread = cpu->Current;
        cpu->ReturnsToContext = 0;
        StoreResult(cpu, thread, Ipc<TMachine>.Call(cpu, handle, callAndTag));
    }

    /// <summary>The same of an answer.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ReplyReceiveSlowpath(Cpu* cpu, ulong handles, ulong callAndTag)
    {
        if (TryFastReplyReceiveLong(cpu, handles, callAndTag))
        {
            return;
        }

        Thread* thread = cpu->Current;
        cpu->ReturnsToContext = 0;
        StoreResult(cpu, thread, Ipc<TMachine>.ReplyReceive(cpu, handles, callAndTag));
    }

    /// <summary>Where the entry has not told it apart.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Call(Cpu* cpu, ulong handle, ulong w0, ulong callAndTag, ulong w1, ulong w2)
    {
        StoreWords(cpu, w0, w1, w2);
        if (!Ipc<TMachine>.TryFastCall<ShortMessage>(cpu, handle, callAndTag) && !TryFastCallLong(cpu, handle, callAndTag))
        {
            return Ipc<TMachine>.Call(cpu, handle, callAndTag);
        }

        cpu->ReturnsToContext = 1;
        return Error.None;
    }

    /// <summary>The same of an answer.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error ReplyReceive(Cpu* cpu, ulong handles, ulong w0, ulong callAndTag, ulong w1, ulong w2)
    {
        StoreWords(cpu, w0, w1, w2);
        if (!Ipc<TMachine>.TryFastReplyReceive<ShortMessage>(cpu, handles, callAndTag) && !TryFastReplyReceiveLong(cpu, handles, callAndTag))
        {
            return Ipc<TMachine>.ReplyReceive(cpu, handles, callAndTag);
        }

        cpu->ReturnsToContext = 1;
        return Error.None;
    }

    /// <summary><see cref="SystemCall.Send"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Send(Cpu* cpu, ulong handle, ulong w0, ulong callAndTag, ulong w1, ulong w2)
    {
        StoreWords(cpu, w0, w1, w2);
        return Ipc<TMachine>.Send(cpu, handle, callAndTag);
    }

    /// <summary><see cref="SystemCall.Reply"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Reply(Cpu* cpu, ulong handle, ulong w0, ulong callAndTag, ulong w1, ulong w2)
    {
        StoreWords(cpu, w0, w1, w2);
        return Ipc<TMachine>.Reply(cpu, handle, callAndTag);
    }

    private static bool TryFastCallLong(Cpu* cpu, ulong handle, ulong callAndTag) =>
        LongMessage.Matches(cpu->Current, (uint)(callAndTag >> 32)) && Ipc<TMachine>.TryFastCall<LongMessage>(cpu, handle, callAndTag);

    private static bool TryFastReplyReceiveLong(Cpu* cpu, ulong handles, ulong callAndTag) =>
        LongMessage.Matches(cpu->Current, (uint)(callAndTag >> 32)) && Ipc<TMachine>.TryFastReplyReceive<LongMessage>(cpu, handles, callAndTag);

    // The fourth word is there already.
    private static void StoreWords(Cpu* cpu, ulong w0, ulong w1, ulong w2)
    {
        MessageWords* words = MessageWords.Of(cpu->Current);
        words->W0 = w0;
        words->W1 = w1;
        words->W2 = w2;
    }

    private static void StoreResult(Cpu* cpu, Thread* thread, Error error)
    {
        if (cpu->ReturnsToContext == 0)
        {
            thread->Context.Rax = (ulong)error;
        }
    }
}
