using System;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>
/// Watches the ledgers of threads from kernel entry to kernel entry: a thread's life is running, waiting and being blocked, and
/// nothing of it counts twice or is lost.
/// </summary>
/// <remarks>
/// What a thread has had is runtime and wait, with what it has not been charged yet and the wait that has not ended. From one check
/// to the next that grows by no more than the time that passed; not at all while it stays blocked; and while it does not block, by
/// what passed less what CPUs did for the kernel. Clocks of CPUs may differ, by as much as that at each switch. Only with entries
/// one after the other: a wait that an interrupt begins counts from that interrupt's beginning, and in the middle of it the thread may
/// still have run.
/// </remarks>
internal sealed unsafe class TimeWatch(uint threads)
{
    private readonly Note[] _notes = new Note[threads];
    private long _clock;
    private ulong _kernel;

    private struct Note
    {
        public uint Generation;
        public bool Lives;
        public bool Blocked;
        public ulong Blocks;
        public ulong Switches;
        public long Had;
    }

    /// <summary>Entries were not one after the other: the next check begins anew.</summary>
    public void Forget() => Array.Clear(_notes);

    /// <summary>Looks at all threads; no CPU is in the kernel.</summary>
    public void Check(SimulatedSystem system)
    {
        long passed = system.Clock - _clock;
        ulong kernel = system.Total(Counter.KernelNs);
        long skew = 0;
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            skew = Math.Max(skew, 2 * Math.Abs(system.SkewOf(cpu)));
        }

        foreach (nint at in system.Walk.Threads)
        {
            Thread* thread = (Thread*)at;
            Note now = Look(system, thread);
            ref Note before = ref _notes[thread->Header.Index];
            if (before.Lives && now.Lives && before.Generation == now.Generation)
            {
                long slack = skew * (2 + (long)(now.Switches - before.Switches));
                CheckGrowth(in before, in now, passed, (long)(kernel - _kernel), slack);
            }

            before = now;
        }

        _clock = system.Clock;
        _kernel = kernel;
    }

    private static void CheckGrowth(in Note before, in Note now, long passed, long kernel, long slack)
    {
        long had = now.Had - before.Had;
        Require(had <= passed + slack, "a thread ran and waited for longer than it lived");
        bool stayed = before.Blocks == now.Blocks;
        Require(!stayed || !before.Blocked || !now.Blocked || had == 0, "a thread ran or waited while it was blocked");
        Require(
            !stayed || before.Blocked || now.Blocked || had >= passed - kernel - slack,
            "a thread neither ran nor waited nor was blocked, and its CPU did nothing for the kernel");
    }

    private static Note Look(SimulatedSystem system, Thread* thread)
    {
        ThreadState state = SimulatedSystem.StateOf(thread);
        long had = thread->Ledger.Runtime.Nanoseconds + thread->Ledger.RunDelay.Nanoseconds;
        if (state.Location == ThreadLocation.Running)
        {
            had += system.Clock + system.SkewOf(state.Cpu) - system.Cpu(state.Cpu)->AccountedUntil.Nanoseconds;
        }
        else if (state.Location is ThreadLocation.Queued or ThreadLocation.Inbox)
        {
            had += system.Clock + system.SkewOf(state.Cpu) - thread->RunnableSince.Nanoseconds;
        }

        return new Note
        {
            Generation = thread->Header.Generation,
            Lives = state.Location is ThreadLocation.Running or ThreadLocation.Queued or ThreadLocation.Inbox or ThreadLocation.Blocked,
            Blocked = state.Location == ThreadLocation.Blocked,
            Blocks = thread->Ledger.VoluntaryBlocks,
            Switches = thread->Ledger.Switches,
            Had = had,
        };
    }
}
