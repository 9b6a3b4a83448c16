using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// Changing a CPU's policy while threads run. The CPU itself does it, at once for the running thread and new arrivals; the
/// threads that are queued by then are moved over in steps, between which it takes interrupts and runs threads. Until
/// then they are strays: they can be taken out and changed as ever, and run when nobody else is queued.
/// </summary>
public static unsafe class Policies<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Strays that one step moves at most.</summary>
    public const int StepBudget = 32;

    /// <summary>Wants a policy for the CPUs of a mask, all of which run; the calling one changes at once.</summary>
    public static void Want(Cpu* cpu, CpuMask cpus, SchedulingPolicy policy)
    {
        for (uint id = 0; id < cpu->Kernel->CpuCount; id++)
        {
            if (!cpus.Has(id))
            {
                continue;
            }

            Cpu* other = cpu->Kernel->CpuAt(id);
            TMachine.Store(&other->WantedPolicy, (ulong)policy);
            if (other != cpu)
            {
                Wakes<TMachine>.Interrupt(cpu, other);
            }
        }

        if (cpus.Has(cpu->Id))
        {
            Adopt(cpu, Accounting.Present<TMachine>(cpu));
            Attention<TMachine>.ArmTimer(cpu);
        }
    }

    /// <summary>Changes this CPU's policy if another one is wanted. Its running thread is charged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Adopt(Cpu* cpu, Instant now)
    {
        SchedulingPolicy policy = (SchedulingPolicy)TMachine.Load(&cpu->WantedPolicy);
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
        bool strays = cpu->RunQueue.HasStrays;
        SeededBugs.Alter(SeededBug.LostStray, ref strays, false);
        cpu->RunQueue.Release<TMachine>(cpu);
        Urgency<TMachine>.PublishPolicy(cpu);
        if (strays)
        {
            cpu->WorkPending |= (ulong)PendingWork.Policy;
        }

        if (running != null)
        {
            running->SliceEnd = now + cpu->RunQueue.SliceOf(running);
            cpu->LookAgain = (ulong)SwitchReason.Wake + 1;
        }
    }

    /// <summary>Moves strays over, at most <see cref="StepBudget"/>. Each costs O(log n) under the queue's lock.</summary>
    public static void MoveStrays(Cpu* cpu)
    {
        bool strays = true;
        cpu->RunQueue.Acquire<TMachine>(cpu);
        for (int i = 0; i < StepBudget && strays; i++)
        {
            strays = cpu->RunQueue.MoveStray(cpu);
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        if (!strays)
        {
            cpu->WorkPending &= ~(ulong)PendingWork.Policy;
        }

        if (cpu->Current != null && cpu->LookAgain == 0)
        {
            cpu->LookAgain = (ulong)SwitchReason.Wake + 1;
        }
    }
}
