using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What programs do to the scheduler: policies, parameters, rules, ledgers.</summary>
internal sealed unsafe partial class Workload
{
    private const uint MostRequestNs = 4_000_000;

    private void PerformScheduling(uint cpu, Thread* thread, Operation operation, ref Dice dice)
    {
        switch (operation)
        {
            case Operation.SetPolicy:
                // Of 16 policies and masks some are none.
                ulong policy = dice.OneIn(16) ? dice.Next() : (ulong)dice.Below((int)SchedulingPolicy.Count);
                Call(cpu, SystemCall.PolicySet, BootHandle.Policy, dice.Next() >> 60, policy);
                break;
            case Operation.AskPolicy:
                Call(cpu, SystemCall.PolicyGet, BootHandle.Policy, (ulong)dice.Below(Plan.MostCpus + 1));
                break;
            case Operation.SetParameter:
                SetParameter(cpu, thread, ref dice);
                break;
            case Operation.SetFeatures:
                Call(cpu, SystemCall.FairFeaturesSet, BootHandle.Policy, (ulong)dice.Below((int)FairFeatures.All + 2));
                break;
            case Operation.ReadLedger:
                ReadLedger(cpu, thread, ref dice);
                break;
            default:
                PerformLives(cpu, thread, operation, ref dice);
                break;
        }
    }

    // Anybody's but the first thread's.
    private void DecideFate(uint cpu, Thread* thread, Operation operation, ref Dice dice)
    {
        ulong handle = SomeHandle(thread, ObjectKind.Thread, ref dice);
        CapabilitySlot* named = thread->Process->Handles.Find(handle);
        if (named != null && named->Kind == ObjectKind.Thread && named->Object.Index == 0)
        {
            return;
        }

        switch (operation)
        {
            case Operation.Suspend:
                Call(cpu, SystemCall.ThreadSuspend, handle);
                break;
            case Operation.Resume:
                Call(cpu, SystemCall.ThreadResume, handle);
                break;
            case Operation.Kill:
                Call(cpu, SystemCall.ThreadKill, handle, 7);
                break;
        }
    }

    private void SetParameter(uint cpu, Thread* thread, ref Dice dice)
    {
        var parameter = (SchedulingParameter)dice.Below((int)SchedulingParameter.Count + (dice.OneIn(16) ? 1 : 0));
        ulong value = dice.OneIn(16) ? dice.Next() >> dice.Below(64) : parameter switch
        {
            SchedulingParameter.Weight => dice.OneOf(
                SchedulingLimits.MinWeight, 3u, 512u, SchedulingLimits.DefaultWeight, 2048u, 50_000u, SchedulingLimits.MaxWeight),
            SchedulingParameter.RequestNs => SchedulingLimits.MinRequestNs + (uint)dice.Below((int)MostRequestNs),
            SchedulingParameter.Priority => dice.OneOf(
                0u, SchedulingLimits.DefaultPriority - 1, SchedulingLimits.DefaultPriority, SchedulingLimits.DefaultPriority + 1,
                SchedulingLimits.MaxPriority),
            _ => SchedulingLimits.MinQuantumNs + (uint)dice.Below((int)MostRequestNs),
        };
        ulong handle = SomeHandle(thread, ObjectKind.Thread, ref dice);
        Call(cpu, SystemCall.ThreadSchedule, BootHandle.Policy, handle, (ulong)parameter, value);
    }

    // All that a reading takes, unless another thread runs on this CPU meanwhile.
    private void ReadLedger(uint cpu, Thread* thread, ref Dice dice)
    {
        ulong scope = (ulong)dice.Below((int)LedgerScope.Count + (dice.OneIn(16) ? 1 : 0));
        ulong handle = (LedgerScope)scope switch
        {
            LedgerScope.Thread => SomeHandle(thread, ObjectKind.Thread, ref dice),
            LedgerScope.Process => SomeHandle(thread, ObjectKind.Process, ref dice),
            _ => BootHandle.Machine,
        };
        ulong number = (ulong)dice.Below(dice.OneIn(16) ? 2 * (int)SchedulingLimits.Groups : 2);
        _system.PutReading(cpu);
        Call(cpu, SystemCall.LedgerRead, handle, scope, number, SimulatedSystem.DataAddress);
    }
}
