using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Entry;

/// <summary>System calls on how CPUs schedule; <see cref="SystemCall"/> says what each does. All ask for the policy
/// handle.</summary>
public static unsafe class PolicyCalls<TMachine>
    where TMachine : struct, IMachine
{
    private const ulong ChangePending = 256;

    /// <summary><see cref="SystemCall.PolicySet"/>.</summary>
    public static Error Set(Cpu* cpu, ulong handle, ulong mask, ulong policy)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Policy, Rights.Control);
        if (error != Error.None)
        {
            return error;
        }

        CpuMask cpus = new CpuMask(mask) & cpu->Kernel->Online;
        if (cpus.IsEmpty || policy >= (ulong)SchedulingPolicy.Count)
        {
            return Error.BadArgument;
        }

        PolicyChange<TMachine>.Request(cpu, cpus, (SchedulingPolicy)policy);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Error.None);
    }

    /// <summary><see cref="SystemCall.PolicyGet"/>.</summary>
    public static Error Get(Cpu* cpu, ulong handle, ulong cpuId)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Policy, Rights.Read);
        if (error != Error.None)
        {
            return error;
        }

        if (cpuId >= cpu->Kernel->CpuCount)
        {
            return Error.BadArgument;
        }

        Cpu* other = cpu->Kernel->CpuAt((uint)cpuId);
        other->RunQueue.Acquire<TMachine>(cpu);
        ulong policy = TMachine.Load((uint*)&other->RunQueue.Policy);
        bool changing = other->RunQueue.HasOldPolicyThreads || TMachine.Load(&other->RequestedPolicy) != policy;
        other->RunQueue.Release<TMachine>(cpu);
        return Results.Ok(cpu, policy + (changing ? ChangePending : 0));
    }

    /// <summary><see cref="SystemCall.ThreadSetScheduling"/>.</summary>
    public static Error SetParameter(Cpu* cpu, ulong handle, ulong threadHandle, ulong parameter, ulong value)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Policy, Rights.Control);
        if (error != Error.None)
        {
            return error;
        }

        if (!SchedulingParameters.TryPack((SchedulingParameter)parameter, value, out ulong bits))
        {
            return Error.BadArgument;
        }

        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, threadHandle, Rights.Control, out error);
        if (thread == null)
        {
            return error;
        }

        CpuAccounting.ChargeCurrentToNow<TMachine>(cpu);
        ParameterUpdates.Set<TMachine>(cpu, thread, (SchedulingParameter)parameter, bits);
        if (thread == cpu->Current && cpu->NeedResched == 0)
        {
            cpu->SetNeedResched(ReschedReason.Wake);
        }

        ObjectLookup<TMachine>.Drop(cpu, thread);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Error.None);
    }

    /// <summary><see cref="SystemCall.FairFeaturesSet"/>.</summary>
    public static Error SetFeatures(Cpu* cpu, ulong handle, ulong features)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Policy, Rights.Control);
        if (error != Error.None || (features & ~(ulong)FairFeatures.All) != 0)
        {
            return error != Error.None ? error : Error.BadArgument;
        }

        cpu->Kernel->FairFeatures = (FairFeatures)features;
        return Error.None;
    }
}
