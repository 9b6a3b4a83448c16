using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>The thread of a worker that writes over what its calls point to, while the kernel reads it.</summary>
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
            }

            Sys.SleepUntil(Clock.Now() + (long)random.Below(2) * PauseNs);
        }

        return worker->Finish();
    }
}
