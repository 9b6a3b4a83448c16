using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Ipc;

/// <summary>Moving messages from one context to another.</summary>
public static unsafe partial class Ipc<TMachine>
{
    // The current thread's message, whose words are in its context, stays there until somebody takes it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StageMessage(Thread* sender, uint tag, ulong badge)
    {
        sender->Context.Rdi = tag;
        sender->Ipc.Badge = badge;
    }

    // A kept message, whatever it is made of. Neither thread runs, or it is the current one: nobody else changes their
    // contexts meanwhile.
    private static void MoveMessage(Cpu* cpu, Thread* from, Thread* to)
    {
        uint tag = (uint)from->Context.Rdi;
        uint words = MessageTag.Words(tag);
        *MessageWords.Of(to) = *MessageWords.Of(from);
        uint received = words > IpcBuffer.RegisterWords
            ? LongMessage.CopyBufferedWords(from->Ipc.Buffer, to->Ipc.Buffer, words) : words;
        to->Context.Rdi = received | (tag & MessageTag.Fault);
        to->Context.Rdx = from->Ipc.Badge;
    }
}
