using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>No time of a thread is lost or counted twice: all ledgers together are the CPUs' runtimes.</summary>
internal static unsafe class LedgerInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        // Those of processes whose memory is gone are gone as well: the system kept the sum.
        long sum = system.Users.EndedRuntime;
        foreach (nint at in system.Walk.Processes)
        {
            Process* process = (Process*)at;
            sum += process->Phase == ProcessPhase.Dead ? 0 : process->EndedThreadsLedger.Runtime.Nanoseconds;
        }

        foreach (nint at in system.Walk.Threads)
        {
            Thread* thread = (Thread*)at;
            sum += SimulatedSystem.StateOf(thread).Location == ThreadLocation.Dead ? 0 : thread->Ledger.Runtime.Nanoseconds;
        }

        Require((ulong)sum == system.Total(Counter.RuntimeNs), "the ledgers of all threads are not the runtimes of all cpus");
    }
}
