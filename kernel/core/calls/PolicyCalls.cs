using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Calls;

/// <summary>System calls on how CPUs schedule; <see cref="SystemCall"/> says what each does. All ask for the policy
/// handle.</summary>
public static unsafe class PolicyCalls<TMachine>
    where TMachine : struct, IMachine
{
    private const ulong StillChanging = 256;

    /// <summary><see cref="SystemCall.PolicySet"/>.</summary>
    public static Error Set(Cpu* cpu, ulong handle, ulong mask, ulong policy)
    {
        Error error = HandleCalls<TMachine>.Check(cpu, handle, ObjectKind.Policy, Rights.Control);
        if (error != Error.None)
        {
            return error;
        }

        CpuMask cpus = new CpuMask(mask) & cpu->Kernel->Online;
        if (cpus.IsEmpty || policy >= (ulong)SchedulingPolicy.Count)
        {
            return Error.BadArgument;
        }

        Policies<TMachine>.Want(cpu, cpus, (SchedulingPolicy)policy);
        return Scheduler<TMachine>.AfterWakes(cpu, Error.None);
    }

    /// <summary><see cref="SystemCall.PolicyGet"/>.</summary>
    public static Error Get(Cpu* cpu, ulong handle, ulong id)
    {
        Error error = HandleCalls<TMachine>.Check(cpu, handle, ObjectKind.Policy, Rights.Read);
        if (error != Error.None)
        {
            return error;
        }

        if (id >= cpu->Kernel->CpuCount)
        {
            return Error.BadArgument;
        }

        Cpu* other = cpu->Kernel->CpuAt((uint)id);
        other->RunQueue.Acquire<TMachine>(cpu);
        ulong policy = (ulong)other->RunQueue.Policy;
        bool changing = other->RunQueue.HasStrays || TMachine.Load(&other->WantedPolicy) != policy;
        other->RunQueue.Release<TMachine>(cpu);
        return Results.Ok(cpu, policy + (changing ? StillChanging : 0));
    }

    /// <summary><see cref="SystemCall.ThreadSchedule"/>.</summary>
    public static Error Schedule(Cpu* cpu, ulong handle, ulong threadHandle, ulong parameter, ulong value)
    {
        Error error = HandleCalls<TMachine>.Check(cpu, handle, ObjectKind.Policy, Rights.Control);
        if (error != Error.None)
        {
            return error;
        }

        if (!SchedulingParameters.TryPack((SchedulingParameter)parameter, value, out ulong bits))
        {
            return Error.BadArgument;
        }

        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, threadHandle, Rights.Control, out error);
        if (thread == null)
        {
            return error;
        }

        Accounting.Present<TMachine>(cpu);
        Parameters.Set<TMachine>(cpu, thread, (SchedulingParameter)parameter, bits);
        if (thread == cpu->Current && cpu->LookAgain == 0)
        {
            cpu->LookAgain = (ulong)SwitchReason.Wake + 1;
        }

        HandleCalls<TMachine>.Drop(cpu, thread);
        return Scheduler<TMachine>.AfterWakes(cpu, Error.None);
    }

    /// <summary><see cref="SystemCall.FairFeaturesSet"/>.</summary>
    public static Error SetFeatures(Cpu* cpu, ulong handle, ulong features)
    {
        Error error = HandleCalls<TMachine>.Check(cpu, handle, ObjectKind.Policy, Rights.Control);
        if (error != Error.None || (features & ~(ulong)FairFeatures.All) != 0)
        {
            return error != Error.None ? error : Error.BadArgument;
        }

        cpu->Kernel->FairFeatures = (FairFeatures)features;
        return Error.None;
    }
}
