using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>The thread of a worker that writes over what its calls point to, while the kernel reads it; and answers calls.</summary>
internal static unsafe class Scribbler
{
    private const long PauseNs = 2_000_000;
    private const int WordsARound = 400;

    internal static ulong Run(ulong argument)
    {
        Worker* worker = (Worker*)argument;
        Random random = new(worker->Pattern);
        ulong seen = 0;
        int idle = 0;
        while (!worker->IsIdle(ref seen, ref idle) && seen < worker->Limit)
        {
            for (int i = 0; i < WordsARound; i++)
            {
                ulong place = random.Below(Worker.ScratchBytes / sizeof(ulong));
                ((ulong*)worker->Scratch)[place] = random.Below(4) == 0 ? random.Next() >> 16 : random.Below(64);
                if (worker->ScribblesRings)
                {
                    WriteOverRing((ulong*)(worker->Rings + (random.Below(2) * RingLayout.Bytes)), ref random);
                }
            }

            if (random.Below(4) == 0)
            {
                Serve(worker);
            }

            Sys.SleepUntil(Clock.Now() + (long)random.Below(2) * PauseNs);
        }

        return worker->Finish();
    }

    // Who calls has to be answered by somebody who means to.
    private static void Serve(Worker* worker)
    {
        Message message = default;
        message.Tag = MessageTag.NoWait;
        IpcCalls.ReplyReceive(BootHandle.FirstFree + 1, worker->Server, &message);
    }

    // A request or what it asks for; or one of the counts and masks, which stays near what it was most of the time: the kernel
    // believes none that is far off.
    private static void WriteOverRing(ulong* ring, ref Random random)
    {
        const ulong pageWords = RingLayout.PartBytes / sizeof(ulong);
        ulong value = random.Below(4) == 0 ? random.Next() >> 16 : random.Below(64);
        if (random.Below(16) == 0)
        {
            ulong* count = ring + random.Below((ulong)sizeof(RingHeader) / sizeof(ulong));
            *count = random.Below(4) == 0 ? value : *count + random.Below(5) - 2;
        }
        else
        {
            ring[pageWords + random.Below(2 * pageWords)] = value;
        }
    }
}
