using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Ipc;

/// <summary>A kind of message that goes directly. Each has its own code: the shorter does not pay for the longer.</summary>
public unsafe interface IFastpathMessage
{
    /// <summary>Whether a message with that tag, of the running thread, is of this kind.</summary>
    static abstract bool Matches(Thread* from, uint tag);

    /// <summary>Moves it, tag and words, to a thread that does not run.</summary>
    static abstract void Move(Thread* from, Thread* to, uint tag);
}

/// <summary>Words in registers, and nothing else. All of them travel, whatever the tag says.</summary>
public unsafe struct ShortMessage : IFastpathMessage
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Matches(Thread* from, uint tag) => tag <= IpcBuffer.RegisterWords;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Move(Thread* from, Thread* to, uint tag)
    {
        to->Context.Rdi = tag;
        *MessageWords.Of(to) = *MessageWords.Of(from);
    }
}

/// <summary>Words in registers and in the buffer.</summary>
public unsafe struct LongMessage : IFastpathMessage
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Matches(Thread* from, uint tag) =>
        tag - (IpcBuffer.RegisterWords + 1) < IpcBuffer.MaxWords - IpcBuffer.RegisterWords && from->Ipc.Buffer != null;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Move(Thread* from, Thread* to, uint tag)
    {
        *MessageWords.Of(to) = *MessageWords.Of(from);
        to->Context.Rdi = CopyBufferedWords(from->Ipc.Buffer, to->Ipc.Buffer, tag);
    }

    /// <summary>
    /// Moves the words of a message that are in the buffer, of so many in all; gives the tag of what arrives. A receiver
    /// without a buffer gets those in registers. Programs may change their buffers while this goes on: each word is read once,
    /// and none decides anything here. Steps: at most <see cref="IpcBuffer.MaxWords"/>.
    /// </summary>
    public static uint CopyBufferedWords(IpcBuffer* from, IpcBuffer* to, uint words)
    {
        if (to == null)
        {
            return IpcBuffer.RegisterWords | MessageTag.Truncated;
        }

        for (uint i = IpcBuffer.RegisterWords; i < words; i++)
        {
            to->Words[i] = from->Words[i];
        }

        return words;
    }
}
