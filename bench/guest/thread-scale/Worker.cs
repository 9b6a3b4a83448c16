using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ThreadScale;

/// <summary>
/// One worker: its share of the sequence and what came of it. On lines of its own, so that workers do not slow each other
/// down by where they count.
/// </summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential, Size = 256)]
internal unsafe struct Worker
{
    internal UserThread Thread;
    internal ulong Seed;
    internal ulong First;
    internal ulong End;
    internal ulong Sum;
    internal long Began;
    internal long Ended;
    internal long Ran;

    /// <summary>The thread's function: argument is the address of its <see cref="Worker"/>.</summary>
    internal static ulong Run(ulong argument)
    {
        Worker* worker = (Worker*)argument;
        worker->Began = Clock.Now();
        worker->Sum = SumOf(worker->Seed, worker->First, worker->End);
        worker->Ended = Clock.Now();
        Ledgers.OfThread(worker->Thread.Handle, out LedgerReading ledger);
        worker->Ran = (long)ledger.Sum.RuntimeNs;
        return 0;
    }

    // SplitMix64 from the seed, one value an index; each rotated by its index, so that a value at the wrong place shows.
    private static ulong SumOf(ulong seed, ulong first, ulong end)
    {
        ulong sum = 0;
        for (ulong i = first; i < end; i++)
        {
            ulong z = seed + ((i + 1) * 0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            z ^= z >> 31;
            int turn = (int)i & 63;
            sum += (z << turn) | (z >> (64 - turn & 63));
        }

        return sum;
    }
}
