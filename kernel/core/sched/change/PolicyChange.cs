using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Check;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Change;

/// <summary>
/// Changing a CPU's policy while threads run. The CPU itself does it, at once for the running thread and new arrivals; the
/// threads that are queued by then are moved over in steps, between which it takes interrupts and runs threads. Until
/// then they are strays: they can be taken out and changed as ever, and run when nobody else is queued.
/// </summary>
public static unsafe class PolicyChange<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Strays that one step moves at most.</summary>
    public const int MaxPerStep = 32;

    /// <summary>Wants a policy for the CPUs of a mask, all of which run; the calling one changes at once.</summary>
    public static void Request(Cpu* cpu, CpuMask cpus, SchedulingPolicy policy)
    {
        for (uint id = 0; id < cpu->Kernel->CpuCount; id++)
        {
            if (!cpus.Has(id))
            {
                continue;
            }

            Cpu* other = cpu->Kernel->CpuAt(id);
            TMachine.Store(&other->RequestedPolicy, (ulong)policy);
            if (other != cpu)
            {
                Wakeups<TMachine>.SendRescheduleIpi(cpu, other);
            }
        }

        if (cpus.Has(cpu->Id))
        {
            ApplyRequested(cpu, CpuAccounting.ChargeCurrentToNow<TMachine>(cpu));
            PreemptionTimer<TMachine>.Arm(cpu);
        }
    }

    /// <summary>Changes this CPU's policy if another one is wanted. Its running thread is charged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ApplyRequested(Cpu* cpu, Instant now)
    {
        SchedulingPolicy policy = (SchedulingPolicy)TMachine.Load(&cpu->RequestedPolicy);
        if (policy != cpu->RunQueue.Policy)
        {
            Change(cpu, policy, now);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Change(Cpu* cpu, SchedulingPolicy policy, Instant now)
    {
        Thread* running = cpu->Current;
        cpu->RunQueue.Acquire<TMachine>(cpu);
        cpu->RunQueue.SetPolicy(cpu, policy, running);
        bool strays = cpu->RunQueue.HasOldPolicyThreads;
        SeededBugs.Inject(SeededBug.DroppedOldPolicyThread, ref strays, false);
        cpu->RunQueue.Release<TMachine>(cpu);
        Urgency<TMachine>.PublishPolicy(cpu);
        DirectHandoffGenerations<TMachine>.Advance(cpu);
        if (strays)
        {
            cpu->WorkPending |= (ulong)PendingWork.Policy;
        }

        if (running != null)
        {
            running->SliceEnd = now + cpu->RunQueue.SliceOf(running);
            cpu->SetNeedResched(ReschedReason.Wake);
        }
    }

    /// <summary>Moves strays over, at most <see cref="MaxPerStep"/>. Each costs O(log n) under the queue's lock.</summary>
    public static void RequeueOldPolicyThreads(Cpu* cpu)
    {
        bool strays = true;
        cpu->RunQueue.Acquire<TMachine>(cpu);
        for (int i = 0; i < MaxPerStep && strays; i++)
        {
            strays = cpu->RunQueue.RequeueOldPolicyThread(cpu);
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        if (!strays)
        {
            cpu->WorkPending &= ~(ulong)PendingWork.Policy;
        }

        if (cpu->Current != null && cpu->NeedResched == 0)
        {
            cpu->SetNeedResched(ReschedReason.Wake);
        }
    }
}
