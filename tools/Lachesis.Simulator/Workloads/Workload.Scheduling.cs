using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What programs do to the scheduler: policies, parameters, rules, ledgers.</summary>
internal sealed unsafe partial class Workload
{
    private const uint MaxRequestNs = 4_000_000;

    private void PerformScheduling(uint cpu, Thread* thread, Operation operation, ref SeededRandom dice)
    {
        switch (operation)
        {
            case Operation.SetPolicy:
                // Of 16 policies and masks some are none.
                ulong policy = dice.OneIn(16) ? dice.Next() : (ulong)dice.Below((int)SchedulingPolicy.Count);
                Call(cpu, SystemCall.PolicySet, BootHandle.Policy, dice.Next() >> 60, policy);
                break;
            case Operation.GetPolicy:
                Call(cpu, SystemCall.PolicyGet, BootHandle.Policy, (ulong)dice.Below(Plan.MaxCpus + 1));
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
                PerformLifecycle(cpu, thread, operation, ref dice);
                break;
        }
    }

    // Anybody's but the first thread's.
    private void SuspendResumeOrKill(uint cpu, Thread* thread, Operation operation, ref SeededRandom dice)
    {
        ulong handle = SomeHandle(thread, ObjectKind.Thread, ref dice);
        CapabilitySlot* slot = thread->Process->Handles.Find(handle);
        if (slot != null && slot->Kind == ObjectKind.Thread && slot->Object.Index == 0)
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

    private void SetParameter(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        var parameter = (SchedulingParameter)dice.Below((int)SchedulingParameter.Count + (dice.OneIn(16) ? 1 : 0));
        ulong value = dice.OneIn(16) ? dice.Next() >> dice.Below(64) : parameter switch
        {
            SchedulingParameter.Weight => dice.OneOf(
                SchedulingLimits.MinWeight, 3u, 512u, SchedulingLimits.DefaultWeight, 2048u, 50_000u, SchedulingLimits.MaxWeight),
            SchedulingParameter.SliceNs => SchedulingLimits.MinSliceNs + (uint)dice.Below((int)MaxRequestNs),
            SchedulingParameter.Priority => dice.OneOf(
                0u, SchedulingLimits.DefaultPriority - 1, SchedulingLimits.DefaultPriority, SchedulingLimits.DefaultPriority + 1,
                SchedulingLimits.MaxPriority),
            _ => SchedulingLimits.MinQuantumNs + (uint)dice.Below((int)MaxRequestNs),
        };
        ulong handle = SomeHandle(thread, ObjectKind.Thread, ref dice);
        foreach (LagWatch watch in _system.Lags)
        {
            watch.WeightsChange |= parameter == SchedulingParameter.Weight;
        }

        Call(cpu, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)parameter, value);
    }

    // All that a reading takes, unless another thread runs on this CPU meanwhile.
    private void ReadLedger(uint cpu, Thread* thread, ref SeededRandom dice)
    {
        ulong scope = (ulong)dice.Below((int)LedgerScope.Count + (dice.OneIn(16) ? 1 : 0));
        ulong handle = (LedgerScope)scope switch
        {
            LedgerScope.Thread => SomeHandle(thread, ObjectKind.Thread, ref dice),
            LedgerScope.Process => SomeHandle(thread, ObjectKind.Process, ref dice),
            _ => BootHandle.Machine,
        };
        ulong number = (ulong)dice.Below(dice.OneIn(16) ? 2 * (int)SchedulingLimits.MaxGroups : 2);
        _system.PutReading(cpu);
        Call(cpu, SystemCall.LedgerRead, handle, scope, number, SimulatedSystem.DataAddress);
    }
}
