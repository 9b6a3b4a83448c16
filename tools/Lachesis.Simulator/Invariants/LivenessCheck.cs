using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What must happen once nobody does anything new: whoever can run gets to run, and everything can end.</summary>
internal sealed unsafe class LivenessCheck(SimulatedSystem system)
{
    private const int MaxRounds = 3000;
    private const int RoundsUntilStuck = 3;

    // Longer than any request or quantum that a program set, so that every round ends a slice.
    private const long RoundNs = 5_000_000;

    /// <summary>Lets everything run, then ends every process, and checks that nothing is left.</summary>
    public void Run()
    {
        try
        {
            CheckEveryThreadRuns();
            foreach (nint process in system.Processes)
            {
                system.Kill((Process*)process);
            }

            for (int i = 0; i < MaxRounds; i++)
            {
                RunRound();
            }
        }
        catch (MachineExitException)
        {
            CheckLevels();
            return;
        }

        throw new InvariantException("the system does not end");
    }

    private void CheckLevels()
    {
        Invariants.Require(system.Kernel->Threads.InUse == 0, "threads were left behind");
        Invariants.Require(system.Kernel->Processes.InUse == 0, "processes were left behind");
        Invariants.Require(
            (system.Kernel->Endpoints.InUse | system.Kernel->Notifications.InUse | system.Kernel->Replies.InUse
                | system.Kernel->Timers.InUse | system.Kernel->Rings.InUse) == 0,
            "endpoints, notifications, reply objects, timers or rings were left behind");
        Invariants.Require(system.Kernel->Sessions.InUse == 1, "sessions were left behind");
        Invariants.Require(system.Kernel->Pages.FreePages == system.Shape.Pages, "pages were left behind");
    }

    // The running threads run on and on: whoever waits for a CPU must get one after as many slices as there are threads. Not so
    // under a higher priority or beside a greater weight; so all get the same first.
    private void CheckEveryThreadRuns()
    {
        system.ResumeAll();
        List<(nint Thread, uint Generation, ulong Switches)> waiting = [.. system.Threads
            .Where(thread => SimulatedSystem.StateOf((Thread*)thread).Location is ThreadLocation.Queued or ThreadLocation.Inbox)
            .Select(thread => (thread, ((Thread*)thread)->Header.Generation, ((Thread*)thread)->Ledger.Switches))];
        system.EqualizeThreads();
        long rounds = (2 + RoundsToRepayLag()) * system.Kernel->Threads.InUse;
        for (long i = 0; i < rounds + RoundsUntilStuck; i++)
        {
            RunRound();
            if (i > RoundsUntilStuck)
            {
                IdleInvariants.Check(system);
            }
        }

        foreach ((nint at, uint generation, ulong switches) in waiting)
        {
            Thread* thread = (Thread*)at;
            Invariants.Require(
                thread->Header.Generation != generation || thread->Ledger.Switches > switches
                || SimulatedSystem.StateOf(thread).Location == ThreadLocation.Dead,
                "a runnable thread never got to run");
        }
    }

    // Under fair, whoever has had more than its share, by yielding over and over, say, first waits until the others have caught
    // up, each of them by as much; and so far as its deadline is away, which a long request of earlier has set, others go before.
    private long RoundsToRepayLag()
    {
        double most = 0;
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            FairQueue* queue = &system.Cpu(cpu)->RunQueue.Fair;
            var sums = new LagSums(queue);
            for (Thread* thread = LagSums.First(queue); thread != null; thread = LagSums.Next(queue, thread))
            {
                double distance = LagWatch.ToServiceTime(thread->Fair.Deadline - thread->Fair.VirtualRuntime, thread->Weight);
                most = Math.Max(most, distance - sums.LagOf(thread));
            }
        }

        return (long)(most / RoundNs) + 1;
    }

    private void RunRound()
    {
        system.Advance(RoundNs);
        system.RunPendingWorkOnce();
        system.RunPendingWorkOnce();
        Invariants.Check(system);
    }
}
