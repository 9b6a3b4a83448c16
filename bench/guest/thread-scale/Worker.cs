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
    internal WorkLoopKind Loop;
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
        worker->Sum = WorkLoop.SumOf(worker->Loop, worker->Seed, worker->First, worker->End);
        worker->Ended = Clock.Now();
        Ledgers.OfThread(worker->Thread.Handle, out LedgerReading ledger);
        worker->Ran = (long)ledger.Sum.RuntimeNs;
        return 0;
    }
}
