using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>
/// A thread's own ring, laid out as it should be: random requests go in, and each completion must be that of its request.
/// In some lives the scribbler writes over the ring meanwhile, counts and requests, so that all that holds is that the kernel
/// does not mind (<see cref="Worker.ScribblesRings"/>).
/// </summary>
internal unsafe struct RingFuzzer
{
    /// <summary>In the history of calls: the request of a ring, not a call.</summary>
    private const ulong RequestMark = 1 << 16;

    private const ulong FewRequests = 6;

    // Once the other thread has performed all requests of a ring, as many fit in again before any completion is read.
    private const int MaxKept = 2 * (int)RingLayout.MaxEntries;

    // Rings that are not written over are known to both threads, so that they meet in one, in some lives.
    private const ulong SharedOneIn = 4;

    private RingHeader* _header;
    private ulong _handle;
    private ulong _submissions;
    private ulong _completions;
    private ulong _tail;
    private ulong _read;
    private bool _wasLost;
    private fixed ushort _calls[MaxKept];

    private readonly RingSubmission* Submissions => (RingSubmission*)((byte*)_header + RingLayout.PartBytes);

    private readonly RingCompletion* Completions => (RingCompletion*)((byte*)_header + (2 * RingLayout.PartBytes));

    /// <summary>Says where in the process's memory it is to lie.</summary>
    internal void SetUp(byte* memory) => _header = (RingHeader*)memory;

    /// <summary>Makes the ring if there is none, or hands requests in and performs them: one system call, made by <paramref
    /// name="fuzzer"/>.</summary>
    internal Finding Round(Worker* worker, Fuzzer* fuzzer, Frame* frame, ref Random random) =>
        _handle == 0 ? Make(worker, fuzzer, frame, ref random) : Enter(worker, fuzzer, frame, ref random);

    /// <summary>Looks for what is not the process's in what the kernel writes.</summary>
    internal static Finding FindLeak(byte* memory, ulong pattern, ulong* found)
    {
        const ulong words = RingLayout.PartBytes / sizeof(ulong);
        Finding finding = Findings.InMemory((ulong*)memory, words, pattern, found);
        return finding != Finding.None ? finding
            : Findings.InMemory((ulong*)(memory + (2 * RingLayout.PartBytes)), words, pattern, found);
    }

    private Finding Make(Worker* worker, Fuzzer* fuzzer, Frame* frame, ref Random random)
    {
        _submissions = 1ul << (int)random.Below(7);
        _completions = 1ul << (int)random.Below(7);
        Finding finding = fuzzer->Call(
            frame, SystemCall.RingCreate, worker->Own, (ulong)_header, _submissions, _completions);
        if (frame->Error == Error.None && finding == Finding.None)
        {
            _handle = frame->Rdx;
            _tail = 0;
            _read = 0;
            if (worker->ScribblesRings || random.Below(SharedOneIn) == 0)
            {
                worker->Handles.Remember(_handle, ref random);
            }
        }

        return finding;
    }

    private Finding Enter(Worker* worker, Fuzzer* fuzzer, Frame* frame, ref Random random)
    {
        Fill(worker, fuzzer, frame, ref random);
        Volatile.Write(ref _header->CompletionHead, _read);
        Volatile.Write(ref _header->SubmissionTail, _tail);
        ulong most = random.Below(4) == 0 ? random.Next() >> (int)random.Below(64) : ulong.MaxValue;
        Finding finding = fuzzer->Call(frame, SystemCall.RingEnter, _handle, most, random.Next() >> 16, random.Next() >> 16);
        if (finding != Finding.None)
        {
            return finding;
        }

        bool isHonest = !worker->ScribblesRings && !_wasLost;
        if (frame->Error is not (Error.None or Error.BadState))
        {
            // Somebody took it away, or its counts make no sense any more: another one. The one that was lost may still be there, by a
            // handle that a guess has hit: then both lie in the same memory.
            Sys.CapabilityDelete(_handle);
            _handle = 0;
            _wasLost = true;
            return isHonest && frame->Error == Error.BadArgument ? CheckCompletion(worker, default, 0) : Finding.None;
        }

        return isHonest ? Read(worker, ref random) : Forget();
    }

    // As many requests as there is room for, or a few.
    private void Fill(Worker* worker, Fuzzer* fuzzer, Frame* frame, ref Random random)
    {
        ulong room = _submissions - (_tail - Volatile.Read(ref _header->SubmissionHead));
        ulong count = random.Below(16) == 0 ? room : random.Below(FewRequests);
        for (ulong i = 0; i < count && i < room && room <= _submissions; i++)
        {
            fuzzer->Choose(frame, worker->WantedInRing);
            frame->Number |= RequestMark;
            worker->RecordCall(frame);
            Put(frame, ref random);
        }
    }

    private void Put(Frame* frame, ref Random random)
    {
        RingSubmission* submission = Submissions + (_tail & (_submissions - 1));
        RingFlags flags = random.Below(8) == 0 ? RingFlags.StopOnError : random.Below(64) == 0 ? (RingFlags)2 : RingFlags.None;
        submission->Request = RingSubmission.EncodeRequest(frame->Call & (SystemCall)0xFFFF, flags, (uint)(frame->Number >> 32));
        submission->A0 = frame->A0;
        submission->A1 = frame->A1;
        submission->A2 = frame->A2;
        submission->A3 = frame->A3;
        submission->Word3 = frame->R10;
        submission->Deadline = random.Below(8) == 0 ? (ulong)Clock.Now() + random.Below(20_000) - 5_000 : 0;
        submission->UserData = UserDataOf(_tail);
        _calls[_tail % MaxKept] = (ushort)frame->Number;
        _tail++;
    }

    // The completions since the last time: of the requests in the order in which they were handed in.
    private Finding Read(Worker* worker, ref Random random)
    {
        ulong there = Volatile.Read(ref _header->CompletionTail);
        if (there - _read > _completions || there > _tail)
        {
            return CheckCompletion(worker, default, 0);
        }

        for (; _read != there; _read++)
        {
            RingCompletion* completion = Completions + (_read & (_completions - 1));
            SystemCall call = (SystemCall)_calls[_read % MaxKept];
            if (completion->UserData != UserDataOf(_read) || !MayBe(call, completion))
            {
                return CheckCompletion(worker, *completion, call);
            }

            if (completion->Error == Error.None)
            {
                worker->SucceededInRing = worker->SucceededInRing.Union(CallSet.Of(call));
                if ((SystemCallTable.Of(call).Traits & CallTraits.ReturnsHandle) != 0)
                {
                    worker->Handles.Remember(completion->Value, ref random);
                }
            }
        }

        return Finding.None;
    }

    private readonly Finding CheckCompletion(Worker* worker, in RingCompletion completion, SystemCall call)
    {
        ulong* found = worker->RecordCompletion(completion.UserData, (ulong)call << 32 | (ulong)completion.Error);
        found[0] = completion.Value;
        found[1] = _read;
        found[2] = _tail;
        found[3] = _submissions;
        found[4] = _completions;
        found[5] = _header->SubmissionHead;
        found[6] = _header->CompletionTail;
        found[7] = _header->SubmissionTail;
        found[8] = _header->CompletionHead;
        return Finding.WrongCompletion;
    }

    // The counts are not to be believed: the next requests go where the header says that the kernel is.
    private Finding Forget()
    {
        _tail = Volatile.Read(ref _header->SubmissionHead);
        _read = Volatile.Read(ref _header->CompletionTail);
        return Finding.None;
    }

    // An answer of the call, or of the ring: not a call for rings, a request without sense, one whose time was over, one in the
    // middle of which the other thread ended.
    private static bool MayBe(SystemCall call, RingCompletion* completion)
    {
        Error error = completion->Error;
        if (error != Error.None && completion->Value != 0)
        {
            return false;
        }

        if (!RingOperations.Allows((ulong)call))
        {
            return error == Error.UnknownSystemCall;
        }

        bool listed = error is Error.Expired or Error.BadArgument or Error.Gone;
        for (uint form = 0; form < SystemCallTable.MaxForms; form++)
        {
            CallSignature shape = SystemCallTable.Of(call, form);
            listed |= shape.Exists && (ulong)error < 32 && shape.MayReturn(error);
        }

        return listed;
    }

    // Nothing that looks like an address or a secret.
    private static ulong UserDataOf(ulong count) => 0x52_0000_0000 + count;
}
