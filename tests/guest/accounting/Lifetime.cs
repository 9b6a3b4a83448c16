using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>
/// The law for threads that never block: from when it was started, each nanosecond it has run, has waited for the CPU, or has
/// gone to an interrupt. It notes its first and last instant; who started it, instants that enclose its whole life.
/// </summary>
internal struct Lifetime
{
    /// <summary>A clock reading before it was started.</summary>
    internal long OuterBegan;

    /// <summary>Its own first reading of the clock.</summary>
    internal long Began;

    /// <summary>Its own last reading.</summary>
    internal long Ended;

    /// <summary>A reading after it had ended.</summary>
    internal long OuterEnded;

    /// <summary>Its ledger then.</summary>
    internal LedgerReading Ledger;

    /// <summary>Time that it ran.</summary>
    internal readonly long Ran => (long)Ledger.Sum.RuntimeNs;

    /// <summary>Time that it waited.</summary>
    internal readonly long Waited => (long)Ledger.Sum.WaitNs;

    /// <summary>Whether the law holds, if interrupts took <paramref name="kernelNs"/> meanwhile.</summary>
    internal readonly bool AddsUp(long kernelNs) =>
        Ran + Waited <= OuterEnded - OuterBegan && Ran + Waited + kernelNs >= Ended - Began;

    /// <summary>It has ended: joins the thread and reads its ledger.</summary>
    internal void End(ulong thread)
    {
        Sys.ThreadJoin(thread);
        OuterEnded = Clock.Now();
        Ledger = Meter.Of(thread);
    }
}
