using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Costs;

/// <summary>Many requests with one system call.</summary>
internal static unsafe class Rings
{
    /// <summary>Requests, a ring full at a time: submitted, performed and their completions read.</summary>
    internal static void Measure(ref Samples samples, SystemCall call, string name)
    {
        Ring ring;
        if (Ring.Create(&ring, RingLayout.MaxEntries, RingLayout.MaxEntries) != Error.None)
        {
            return;
        }

        bool good = true;
        for (int i = 0; i < Samples.WarmUp; i++)
        {
            good &= Pass(&ring, call);
        }

        for (uint i = 0; i < samples.Count; i++)
        {
            ulong began = Clock.Ticks();
            good &= Pass(&ring, call);
            samples.SetElapsed(i, Clock.Ticks() - began, RingLayout.MaxEntries);
        }

        if (good)
        {
            samples.Report(name);
        }

        Sys.CapabilityDelete(ring.Handle);
    }

    // Whether all went well.
    private static bool Pass(Ring* ring, SystemCall call)
    {
        ulong request = RingSubmission.EncodeRequest(call);
        for (ulong i = 0; i < RingLayout.MaxEntries; i++)
        {
            RingSubmission* submission = ring->NextSubmission();
            submission->Request = request;
            submission->Deadline = 0;
            submission->UserData = i;
        }

        ring->Enter();
        Error errors = Error.None;
        uint count = 0;
        while (ring->TryReadCompletion(out RingCompletion* completion))
        {
            errors |= completion->Error;
            count++;
        }

        return count == RingLayout.MaxEntries && errors == Error.None;
    }
}
