using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>The system calls with their arguments by name; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class Sys
{
    /// <summary><see cref="SystemCall.Nop"/>.</summary>
    public static void Nop() => Call(SystemCall.Nop);

    /// <summary><see cref="SystemCall.Yield"/>.</summary>
    public static void Yield() => Call(SystemCall.Yield);

    /// <summary><see cref="SystemCall.CurrentCpu"/>.</summary>
    public static uint CurrentCpu() => (uint)Call(SystemCall.CurrentCpu).Value;

    /// <summary><see cref="SystemCall.SleepUntil"/>.</summary>
    public static Error SleepUntil(long instant) => Call(SystemCall.SleepUntil, (ulong)instant).Error;

    /// <summary><see cref="SystemCall.Park"/>; deadline 0: none.</summary>
    public static Error Park(uint* address, uint expected, long deadline = 0) =>
        Call(SystemCall.Park, (ulong)address, expected, (ulong)deadline).Error;

    /// <summary><see cref="SystemCall.Unpark"/>: how many were woken.</summary>
    public static ulong Unpark(uint* address, ulong most) => Call(SystemCall.Unpark, (ulong)address, most).Value;

    /// <summary><see cref="SystemCall.UnparkSwitch"/>.</summary>
    public static ulong UnparkSwitch(uint* address) => Call(SystemCall.UnparkSwitch, (ulong)address).Value;

    /// <summary><see cref="SystemCall.ThreadCreate"/>.</summary>
    public static SystemResult ThreadCreate(ulong process, ulong entry, ulong stack, ulong argument) =>
        Call(SystemCall.ThreadCreate, process, entry, stack, argument);

    /// <summary><see cref="SystemCall.ThreadStart"/>.</summary>
    public static Error ThreadStart(ulong thread) => Call(SystemCall.ThreadStart, thread).Error;

    /// <summary><see cref="SystemCall.ThreadExit"/>.</summary>
    public static void ThreadExit(ulong code) => Call(SystemCall.ThreadExit, code);

    /// <summary><see cref="SystemCall.ThreadJoin"/>.</summary>
    public static SystemResult ThreadJoin(ulong thread) => Call(SystemCall.ThreadJoin, thread);

    /// <summary><see cref="SystemCall.ThreadRuntime"/>.</summary>
    public static SystemResult ThreadRuntime(ulong thread) => Call(SystemCall.ThreadRuntime, thread);

    /// <summary><see cref="SystemCall.ThreadSetAffinity"/>.</summary>
    public static Error ThreadSetAffinity(ulong thread, ulong mask) =>
        Call(SystemCall.ThreadSetAffinity, thread, mask).Error;

    /// <summary><see cref="SystemCall.ThreadSuspend"/>.</summary>
    public static Error ThreadSuspend(ulong thread) => Call(SystemCall.ThreadSuspend, thread).Error;

    /// <summary><see cref="SystemCall.ThreadResume"/>.</summary>
    public static Error ThreadResume(ulong thread) => Call(SystemCall.ThreadResume, thread).Error;

    /// <summary><see cref="SystemCall.ThreadKill"/>.</summary>
    public static Error ThreadKill(ulong thread, ulong code) => Call(SystemCall.ThreadKill, thread, code).Error;

    /// <summary><see cref="SystemCall.MemoryMap"/>.</summary>
    public static SystemResult MemoryMap(ulong process, ulong bytes) => Call(SystemCall.MemoryMap, process, bytes);

    /// <summary><see cref="SystemCall.ProcessSpawn"/>.</summary>
    public static SystemResult ProcessSpawn(SpawnRequest* request) =>
        Call(SystemCall.ProcessSpawn, BootHandle.Spawn, (ulong)request);

    /// <summary><see cref="SystemCall.ProcessWait"/>.</summary>
    public static SystemResult ProcessWait(ulong process) => Call(SystemCall.ProcessWait, process);

    /// <summary><see cref="SystemCall.ProcessExit"/>.</summary>
    public static Error ProcessExit(ulong process, ulong code) => Call(SystemCall.ProcessExit, process, code).Error;

    /// <summary><see cref="SystemCall.CapabilityDelete"/>.</summary>
    public static Error CapabilityDelete(ulong handle) => Call(SystemCall.CapabilityDelete, handle).Error;

    /// <summary><see cref="SystemCall.CountersRead"/>.</summary>
    public static Error CountersRead(uint cpu, ulong* values, ulong count) =>
        Call(SystemCall.CountersRead, BootHandle.Machine, cpu, (ulong)values, count).Error;

    /// <summary><see cref="SystemCall.PoolLevel"/>.</summary>
    public static ulong PoolLevel(PoolKind pool) => Call(SystemCall.PoolLevel, BootHandle.Machine, (ulong)pool).Value;

    /// <summary><see cref="SystemCall.MachineExit"/>.</summary>
    public static Error MachineExit(ulong code) => Call(SystemCall.MachineExit, BootHandle.Machine, code).Error;

    /// <summary><see cref="SystemCall.MachineInjectFault"/>.</summary>
    public static Error MachineInjectFault(KernelFault fault) =>
        Call(SystemCall.MachineInjectFault, BootHandle.Machine, (ulong)fault).Error;

    /// <summary><see cref="SystemCall.PolicySet"/>.</summary>
    public static Error PolicySet(ulong handle, ulong cpus, SchedulingPolicy policy) =>
        Call(SystemCall.PolicySet, handle, cpus, (ulong)policy).Error;

    /// <summary><see cref="SystemCall.PolicyGet"/>.</summary>
    public static SystemResult PolicyGet(ulong handle, uint cpu) => Call(SystemCall.PolicyGet, handle, cpu);

    /// <summary><see cref="SystemCall.ThreadSetScheduling"/>.</summary>
    public static Error ThreadSetScheduling(ulong handle, ulong thread, SchedulingParameter parameter, ulong value) =>
        Call(SystemCall.ThreadSetScheduling, handle, thread, (ulong)parameter, value).Error;

    /// <summary><see cref="SystemCall.FairFeaturesSet"/>.</summary>
    public static Error FairFeaturesSet(ulong handle, FairFeatures features) =>
        Call(SystemCall.FairFeaturesSet, handle, (ulong)features).Error;

    /// <summary><see cref="SystemCall.LedgerRead"/>: one step of it.</summary>
    public static Error LedgerRead(ulong handle, LedgerScope scope, ulong number, LedgerReading* reading) =>
        Call(SystemCall.LedgerRead, handle, (ulong)scope, number, (ulong)reading).Error;

    /// <summary><see cref="SystemCall.CapabilityMint"/>.</summary>
    public static SystemResult CapabilityMint(ulong handle, Rights mask, ulong badge = 0) =>
        Call(SystemCall.CapabilityMint, handle, (ulong)mask, badge);

    /// <summary>A capability that is just like another one, and derived from it.</summary>
    public static SystemResult CapabilityCopy(ulong handle) => CapabilityMint(handle, Rights.Same);

    /// <summary><see cref="SystemCall.CapabilityMove"/>.</summary>
    public static SystemResult CapabilityMove(ulong handle) => Call(SystemCall.CapabilityMove, handle);

    /// <summary><see cref="SystemCall.CapabilityRevoke"/>: one step of it.</summary>
    public static SystemResult CapabilityRevokeStep(ulong handle) => Call(SystemCall.CapabilityRevoke, handle);

    /// <summary><see cref="SystemCall.CapabilityRevoke"/>, until nothing derived from it is left.</summary>
    public static Error CapabilityRevoke(ulong handle)
    {
        SystemResult step = CapabilityRevokeStep(handle);
        while (step.Error == Error.None && step.Value != 0)
        {
            step = CapabilityRevokeStep(handle);
        }

        return step.Error;
    }

    /// <summary><see cref="SystemCall.CapabilityInspect"/>.</summary>
    public static SystemResult CapabilityInspect(ulong handle, CapabilityAspect aspect) =>
        Call(SystemCall.CapabilityInspect, handle, (ulong)aspect);

    /// <summary>Any call, with any arguments.</summary>
    public static SystemResult Call(SystemCall number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0) =>
        Stubs.SystemCall(number, a0, a1, 0, a2, a3);
}
