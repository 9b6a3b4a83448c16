using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Check;
using Lachesis.Core.Entry;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Rings;

/// <summary>
/// Performing a ring's requests one after the other, each by the very function behind its system call. A thread that does so
/// is marked in its context (<see cref="UserContext.InRing"/>): whenever it is its turn to run, whether it goes on at once,
/// was preempted, or waited in a request for hours, its CPU comes to <see cref="Continue"/> instead of the program.
/// </summary>
/// <remarks>
/// The program may change the memory of its ring at any time. Each word of it is read once, in an order in which nothing that
/// was decided depends on a second reading; and the kernel's own counts alone say where it reads and writes.
/// </remarks>
public static unsafe class RingExecution<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>How many requests are performed before interrupts are let in.</summary>
    public const uint MaxBatch = 32;

    // Calls with which there may be more to do than to write a completion, a bit for each number modulo 64. Complete tells
    // exactly, so a call that shares its bit with one of them only takes the longer way.
    private const ulong SlowCompletionCalls =
        CallSets.ReturnsMessageLow | CallSets.ReturnsMessageHigh | CallSets.EndsBatchLow | CallSets.EndsBatchHigh;

    // First words of requests below this have neither flags nor a tag, and name a call of the sets' low words.
    private const ulong PlainRequests = 64;

    /// <summary>
    /// The current thread has begun to perform requests of a ring, at most <paramref name="maxRequests"/> of them: marks it so. Its
    /// system call does not end here. <see cref="Error.BadState"/> if another thread does. With success the caller's
    /// reference to the ring becomes the thread's.
    /// </summary>
    public static Error Begin(Cpu* cpu, Ring* ring, ulong maxRequests)
    {
        Thread* thread = cpu->Current;
        if (TMachine.CompareExchange(&ring->Owner, (ulong)thread, 0) != 0)
        {
            return Error.BadState;
        }

        ring->StartHead = ring->SubmissionHead;
        ring->HeadLimit = ring->SubmissionHead + (maxRequests < RingLayout.MaxEntries ? maxRequests : RingLayout.MaxEntries);
        thread->Context.Ring = ring;
        thread->Context.ResumeMode = UserContext.InRing;
        cpu->ReturnsToContext = 1;
        return Error.None;
    }

    /// <summary>
    /// The current thread is marked and has its turn. What it waited for, or was preempted in, is completed; then it goes on
    /// with a batch of requests, as long as it keeps the CPU. When nothing is left to do, its system call is over.
    /// </summary>
    public static void Continue(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        Ring* ring = thread->Context.Ring;
        cpu->ReturnsToContext = 0;
        if (ring->SubmissionHead != ring->CompletionTail)
        {
            Complete(thread, ring, (Error)thread->Context.Rax);
        }

        if (!TryCountReady(ring, out ulong ready, out bool isFull))
        {
            FinishEnter(cpu, thread, ring, Error.BadArgument, false);
            return;
        }

        ulong at = ring->CompletionTail;
        ulong end = at + (ready < MaxBatch ? ready : MaxBatch);
        for (; at != end; at++)
        {
            ulong* entry = (ulong*)(ring->Submissions + (at & ring->SubmissionMask));
            ulong request = TMachine.Load(&entry[0]);
            ulong deadline = TMachine.Load(&entry[6]);
            ulong userData = TMachine.Load(&entry[7]);
            if ((request | deadline) == 0)
            {
                // To do nothing takes no call, and who reads the completions can wait for it.
                WriteCompletion(ring, at, userData, Error.None, 0);
                continue;
            }

            ring->CurrentRequest = request;
            ring->CurrentUserData = userData;
            if (!TryInvoke(cpu, thread, ring, entry, at, deadline))
            {
                return;
            }
        }

        PublishSubmissionHead(ring, at);
        PublishCompletionTail(ring, at);
        if (ready <= MaxBatch)
        {
            FinishEnter(cpu, thread, ring, Error.None, isFull);
        }
    }

    /// <summary>A thread ends while it performs a ring's requests. Whoever looks at the completions later finds one for the
    /// request in the middle of which that was: <see cref="Error.Gone"/>.</summary>
    /// <remarks>Before the process may learn that the thread has ended, and free the memory.</remarks>
    public static void AbortCurrentRequest(Cpu* cpu, Thread* thread)
    {
        Ring* ring = thread->Context.Ring;
        if (ring->SubmissionHead != ring->CompletionTail)
        {
            thread->Context.Rdx = 0;
            Complete(thread, ring, Error.Gone);
        }

        ReleaseRing(cpu, thread, ring);
    }

    // How many requests are to be taken yet for whose completions there is room, and whether there are more of them; false if
    // the program's count makes no sense.
    private static bool TryCountReady(Ring* ring, out ulong ready, out bool isFull)
    {
        ready = 0;
        isFull = false;
        ulong waiting = TMachine.Load(&ring->SharedHeader->SubmissionTail) - ring->SubmissionHead;
        if (waiting > ring->SubmissionMask + 1)
        {
            return false;
        }

        // More unread than there is room for: the program's count is ahead of the kernel's, and means nothing.
        ulong unread = ring->CompletionTail - TMachine.Load(&ring->SharedHeader->CompletionHead);
        ulong room = unread > ring->CompletionMask ? 0 : ring->CompletionMask + 1 - unread;
        SeededBugs.Inject(SeededBug.CompletionOverrun, ref room, room + 1);
        ulong wanted = ring->HeadLimit - ring->SubmissionHead;
        wanted = waiting < wanted ? waiting : wanted;
        isFull = room < wanted;
        ready = isFull ? room : wanted;
        return true;
    }

    // Makes the call that a request asks for, and completes it if that is over; whether the next may follow at once. If the CPU
    // was switched, nothing of thread and ring is touched any more: another CPU may be at it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryInvoke(Cpu* cpu, Thread* thread, Ring* ring, ulong* entry, ulong completionTail, ulong deadline)
    {
        ulong request = ring->CurrentRequest;
        PublishCompletionTail(ring, completionTail);
        if (request >= PlainRequests || deadline != 0 || (CallSets.InRingLow >> (int)request & 1) == 0)
        {
            Error refused = CheckRequest(cpu, request, deadline);
            if (refused != Error.None)
            {
                PublishSubmissionHead(ring, completionTail + 1);
                return Complete(thread, ring, refused);
            }
        }

        ulong a0 = TMachine.Load(&entry[1]);
        ulong a1 = TMachine.Load(&entry[2]);
        ulong a2 = TMachine.Load(&entry[3]);
        ulong a3 = TMachine.Load(&entry[4]);
        thread->Context.R10 = TMachine.Load(&entry[5]);
        SeededBugs.Inject(SeededBug.RereadRequest, ref request, *entry);
        PublishSubmissionHead(ring, completionTail + 1);
        SeededBugs.Inject(SeededBug.EarlyCompletion, ref ring->SharedHeader->CompletionTail, completionTail + 1);
        thread->Context.Rax = 0;
        thread->Context.Rdx = 0;
        Error error = SystemCalls<TMachine>.InvokeOutOfLine(cpu, a0, a1, request & ~RingLayout.FlagsMask, a2, a3);
        if (cpu->ReturnsToContext != 0)
        {
            return false;
        }

        if (error != Error.None || (SlowCompletionCalls >> (int)request & 1) != 0)
        {
            return Complete(thread, ring, error);
        }

        WriteCompletion(ring, completionTail, ring->CurrentUserData, Error.None, thread->Context.Rdx);
        PublishCompletionTail(ring, completionTail + 1);
        return true;
    }

    // Why a request is not begun.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error CheckRequest(Cpu* cpu, ulong request, ulong deadline)
    {
        ulong operation = (ushort)request;
        if (!RingOperations.Allows(operation))
        {
            return Error.UnknownSystemCall;
        }

        RingFlags flags = (RingFlags)(ushort)(request >> 16);
        bool takesTag = RingOperations.TakesTag.Contains(operation);
        if ((flags & ~RingFlags.StopOnError) != 0 || (request >> 32 != 0 && !takesTag) || deadline > long.MaxValue)
        {
            return Error.BadArgument;
        }

        return deadline != 0 && (long)deadline < TMachine.Now(cpu).Nanoseconds ? Error.Expired : Error.None;
    }

    // The request that was taken last is over: its result is in the context but for the error. Whether the next may follow at
    // once.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Complete(Thread* thread, Ring* ring, Error error)
    {
        ulong at = ring->CompletionTail;
        ulong operation = (ushort)ring->CurrentRequest;
        if (error == Error.None && RingOperations.ReturnsMessage.Contains(operation))
        {
            WriteMessage(thread, ring, at);
        }

        bool stops = error != Error.None && ((RingFlags)(ushort)(ring->CurrentRequest >> 16) & RingFlags.StopOnError) != 0;
        ring->HeadLimit = stops ? ring->SubmissionHead : ring->HeadLimit;
        WriteCompletion(ring, at, ring->CurrentUserData, error, error == Error.None ? thread->Context.Rdx : 0);
        PublishCompletionTail(ring, at + 1);
        return !stops && !RingOperations.EndsBatch.Contains(operation);
    }

    // There is room: the request would not have been begun otherwise.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteCompletion(Ring* ring, ulong completionTail, ulong userData, Error error, ulong value)
    {
        RingCompletion* completion = ring->Completions + (completionTail & ring->CompletionMask);
        completion->UserData = userData;
        completion->Error = error;
        completion->Value = value;
    }

    private static void WriteMessage(Thread* thread, Ring* ring, ulong completionTail)
    {
        RingCompletion* completion = ring->Completions + (completionTail & ring->CompletionMask);
        completion->Tag = thread->Context.Rdi;
        completion->Word0 = thread->Context.Rsi;
        completion->Word1 = thread->Context.R8;
        completion->Word2 = thread->Context.R9;
        completion->Word3 = thread->Context.R10;
    }

    // From here on the program may use the slots before this one again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PublishSubmissionHead(Ring* ring, ulong head)
    {
        ring->SubmissionHead = head;
        TMachine.Store(&ring->SharedHeader->SubmissionHead, head);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PublishCompletionTail(Ring* ring, ulong tail)
    {
        ring->CompletionTail = tail;
        TMachine.Store(&ring->SharedHeader->CompletionTail, tail);
    }

    // The system call that the thread made is over.
    private static void FinishEnter(Cpu* cpu, Thread* thread, Ring* ring, Error error, bool isFull)
    {
        if (isFull)
        {
            TMachine.Store(&ring->SharedHeader->Overflows, TMachine.Load(&ring->SharedHeader->Overflows) + 1);
        }

        thread->Context.Rax = (ulong)error;
        thread->Context.Rdx = error == Error.None ? ring->SubmissionHead - ring->StartHead : 0;
        thread->Context.ResumeMode = 0;
        ReleaseRing(cpu, thread, ring);
        Scheduler<TMachine>.ReturnAfterWakeups(cpu, error);
    }

    private static void ReleaseRing(Cpu* cpu, Thread* thread, Ring* ring)
    {
        thread->Context.Ring = null;
        TMachine.Store(&ring->Owner, 0);
        References<TMachine>.Drop(cpu, ObjectKind.Ring, ring->Header.Reference);
    }
}
