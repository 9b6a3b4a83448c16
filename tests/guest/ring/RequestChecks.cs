using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Rings;

/// <summary>Requests that do not wait: what they give, in which order, and which are refused.</summary>
internal static unsafe class RequestChecks
{
    private const ulong Rounds = 500;

    internal static void Run()
    {
        Ring ring;
        Report.Check(Ring.Create(&ring, 64, 32) == Error.None, "a ring is made in memory of the process");
        CheckOrder(&ring);
        CheckResults(&ring);
        CheckRefusals(&ring);
        CheckRoom(&ring);
        Report.Check(Sys.CapabilityDelete(ring.Handle) == Error.None, "and goes with its last capability");
    }

    // The indices wrap many times.
    private static void CheckOrder(Ring* ring)
    {
        bool ordered = true;
        ulong submitted = 0;
        ulong taken = 0;
        Lachesis.User.Random random = new(11);
        for (ulong i = 0; i < Rounds; i++)
        {
            ulong count = 1 + random.Below(32);
            for (ulong k = 0; k < count; k++)
            {
                ordered &= ring->TrySubmit(random.Below(2) == 0 ? SystemCall.Nop : SystemCall.Yield, submitted);
                submitted++;
            }

            ordered &= ring->Enter().Value == count;
            while (ring->TryReadCompletion(out RingCompletion* completion))
            {
                ordered &= completion->UserData == taken && completion->Error == Error.None;
                taken++;
            }
        }

        Report.Check(ordered && submitted == taken, "requests complete once each, in the order in which they were submitted");
    }

    private static void CheckResults(Ring* ring)
    {
        ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        ring->TrySubmit(SystemCall.Signal, 0, notification, 5);
        ring->TrySubmit(SystemCall.Poll, 1, notification);
        ring->TrySubmit(SystemCall.Poll, 2, notification);
        ring->TrySubmit(SystemCall.CapabilityMint, 3, notification, (ulong)Rights.Read, 0);
        ring->TrySubmit(SystemCall.CapabilityDelete, 4, notification);
        ring->TrySubmit(SystemCall.Poll, 5, notification);
        ring->Enter();
        bool right = Next(ring, 0, Error.None, 0) && Next(ring, 1, Error.None, 5) && Next(ring, 2, Error.WouldBlock, 0);
        right &= ring->TryReadCompletion(out RingCompletion* minted) && minted->Error == Error.None;
        ulong copy = minted->Value;
        right &= Next(ring, 4, Error.None, 0) && Next(ring, 5, Error.StaleHandle, 0);
        Report.Check(right, "each gives what its system call gives");
        Report.Check(Sys.CapabilityDelete(copy) == Error.None, "a capability that was made through a ring is there");
    }

    private static void CheckRefusals(Ring* ring)
    {
        RingSubmission* expired = ring->NextSubmission();
        *expired = default;
        expired->Deadline = 1;
        ring->TrySubmit(SystemCall.ThreadExit, 1);
        ring->TrySubmit((SystemCall)60000, 2);
        RingSubmission* stops = ring->NextSubmission();
        *stops = default;
        stops->Request = RingSubmission.EncodeRequest(SystemCall.Poll, RingFlags.StopOnError);
        stops->UserData = 3;
        ring->TrySubmit(SystemCall.Nop, 4);
        bool right = ring->Enter().Value == 4 && Next(ring, 0, Error.Expired, 0) && Next(ring, 1, Error.UnknownSystemCall, 0)
            && Next(ring, 2, Error.UnknownSystemCall, 0) && Next(ring, 3, Error.WrongKind, 0)
            && !ring->TryReadCompletion(out RingCompletion* _);
        Report.Check(right, "what cannot be done completes with an error, and may stop the rest");
        Report.Check(ring->Enter().Value == 1 && Next(ring, 4, Error.None, 0), "which the next call performs");
        Report.Check(
            Sys.Call(SystemCall.RingEnter, BootHandle.Log, 1).Error == Error.WrongKind
            && Sys.Call(SystemCall.RingCreate, BootHandle.Process, UserLayout.StartPage, 4, 4).Error == Error.BadAddress
            && Sys.Call(SystemCall.RingCreate, BootHandle.Process, (ulong)ring->Header, 3, 4).Error == Error.BadArgument,
            "a ring has a place in writable memory and sizes that are powers of two");
    }

    // 64 requests, 32 completions.
    private static void CheckRoom(Ring* ring)
    {
        ulong before = ring->Header->Overflows;
        for (ulong i = 0; i < 64; i++)
        {
            ring->TrySubmit(SystemCall.Nop, i);
        }

        bool right = ring->Enter().Value == 32 && ring->Header->Overflows == before + 1 && ring->Enter().Value == 0;
        ulong taken = 0;
        while (taken < 64 && right)
        {
            while (ring->TryReadCompletion(out RingCompletion* completion))
            {
                right &= completion->UserData == taken;
                taken++;
            }

            right &= taken == 64 || ring->Enter().Value == 32;
        }

        Report.Check(right, "no completion is lost: requests wait until there is room for theirs");
    }

    internal static bool Next(Ring* ring, ulong userData, Error error, ulong value) =>
        ring->TryReadCompletion(out RingCompletion* completion)
        && completion->UserData == userData && completion->Error == error && completion->Value == value;
}
