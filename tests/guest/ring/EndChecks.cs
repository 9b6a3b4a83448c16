using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Rings;

/// <summary>Whose a ring is, and threads that end in the middle of their requests.</summary>
internal static unsafe class EndChecks
{
    private const int Rounds = 40;

    // Eleven days are longer than a smoke may take.
    private const ulong Long = 1_000_000_000_000_000;

    internal static void Run()
    {
        bool owned = true;
        bool gone = true;
        bool usable = true;
        for (int i = 0; i < Rounds; i++)
        {
            Ring ring;
            Ring.Create(&ring, 8, 8);
            ulong blocks = Counters.Sum(Counter.VoluntaryBlocks);
            UserThread thread;
            UserThread.CreateAndStart(&thread, &Wait, (ulong)&ring);
            while (Counters.Sum(Counter.VoluntaryBlocks) == blocks)
            {
                Sys.Yield();
            }

            Sys.SleepUntil(Clock.Now() + 100_000);
            owned &= Sys.Call(SystemCall.RingEnter, ring.Handle, 1).Error == Error.BadState;
            Sys.ThreadKill(thread.Handle, 3);
            thread.Join();
            gone &= ring.Header->CompletionTail == 2;
            usable &= ring.Enter(0).Error == Error.None && RequestChecks.Next(&ring, 0, Error.None, 0)
                && RequestChecks.Next(&ring, 1, Error.Gone, 0) && ring.Enter().Value == 1
                && RequestChecks.Next(&ring, 2, Error.None, 0);
            Sys.CapabilityDelete(ring.Handle);
        }

        Report.Check(owned, "while one thread is at it, another gets BadState");
        Report.Check(gone, "a thread that is killed in a request leaves a completion for it");
        Report.Check(usable, "and the rest of the ring to others");
    }

    private static ulong Wait(ulong argument)
    {
        Ring* ring = (Ring*)argument;
        ring->TrySubmit(SystemCall.Nop, 0);
        ring->TrySubmit(SystemCall.SleepUntil, 1, (ulong)Clock.Now() + Long);
        ring->TrySubmit(SystemCall.Nop, 2);
        ring->Enter();
        return 0;
    }
}
