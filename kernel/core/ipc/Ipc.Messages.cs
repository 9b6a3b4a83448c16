using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Ipc;

/// <summary>Moving messages. In a context, a message is its tag in rdi, its first words in rsi, r8, r9, r10, and what its
/// receiver learns of the sender (the badge) in rdx.</summary>
public static unsafe partial class Ipc<TMachine>
{
    // A message in registers alone, of the current thread. All four words travel, whatever the tag says.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveWords(Thread* from, Thread* to, uint tag, ulong w0, ulong w1, ulong w2)
    {
        to->Context.Rdi = tag;
        to->Context.Rsi = w0;
        to->Context.R8 = w1;
        to->Context.R9 = w2;
        to->Context.R10 = from->Context.R10;
    }

    // The current thread's message stays in its context until somebody takes it. Its fourth word is there already.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(Thread* sender, uint tag, ulong badge, ulong w0, ulong w1, ulong w2)
    {
        sender->Ipc.Badge = badge;
        sender->Context.Rdi = tag;
        sender->Context.Rsi = w0;
        sender->Context.R8 = w1;
        sender->Context.R9 = w2;
    }

    // A kept message, whatever it is made of. Neither thread runs, or it is the current one: nobody else changes their
    // contexts meanwhile.
    private static void MoveMessage(Cpu* cpu, Thread* from, Thread* to)
    {
        uint tag = (uint)from->Context.Rdi;
        uint words = MessageTag.Words(tag);
        uint received = words;
        MoveWords(from, to, 0, from->Context.Rsi, from->Context.R8, from->Context.R9);
        if (words > IpcBuffer.RegisterWords)
        {
            received = MoveLongWords(from->Ipc.Buffer, to->Ipc.Buffer, words);
        }

        if (received < words)
        {
            received |= MessageTag.Truncated;
        }

        to->Context.Rdi = received | (tag & MessageTag.Fault);
        to->Context.Rdx = from->Ipc.Badge;
    }

    // Programs may change their buffers while this goes on: each word is read once, and none decides anything here.
    private static uint MoveLongWords(IpcBuffer* from, IpcBuffer* to, uint words)
    {
        if (to == null)
        {
            return IpcBuffer.RegisterWords;
        }

        for (uint i = IpcBuffer.RegisterWords; i < words; i++)
        {
            to->Words[i] = from->Words[i];
        }

        return words;
    }
}
