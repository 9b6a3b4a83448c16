using System.Collections.Generic;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator.Tests.Scenarios;

/// <summary>Rules of placement that are not the kernel's.</summary>
internal static unsafe class PlacementRules
{
    /// <summary>Those that keep to the CPUs that a thread may run on, and change nothing.</summary>
    public static IReadOnlyDictionary<string, PlacementRule> ByName { get; } = new Dictionary<string, PlacementRule>
    {
        ["first"] = static (cpu, thread, allowed) => allowed.NearestTo(0),
        ["last"] = static (cpu, thread, allowed) => Last(allowed),
        ["next"] = static (cpu, thread, allowed) => allowed.NearestTo((cpu->Id + 1) % cpu->Kernel->CpuCount),
        ["busiest"] = Busiest,
    };

    /// <summary>One that does more than a rule may: the thread that wakes another loses the CPU on which it runs.</summary>
    public static uint Banish(Cpu* cpu, Thread* thread, CpuMask allowed)
    {
        if (cpu->Current != null)
        {
            cpu->Current->EffectiveAffinity &= ~CpuMask.Of(cpu->Id).Bits;
            cpu->SetNeedResched(ReschedReason.Wake);
        }

        return allowed.NearestTo(cpu->Id);
    }

    /// <summary>One that names a CPU which does not exist.</summary>
    public static uint Nowhere(Cpu* cpu, Thread* thread, CpuMask allowed) => cpu->Kernel->CpuCount;

    /// <summary>One that ignores affinity masks: the CPU that receives the thread pushes it on to itself, again and again.</summary>
    public static uint Zero(Cpu* cpu, Thread* thread, CpuMask allowed) => 0;

    /// <summary>One that sends a thread to CPU 0, and from there to CPU 1, may it run there or not.</summary>
    public static uint ToAndFro(Cpu* cpu, Thread* thread, CpuMask allowed) => cpu->Id == 0 ? 1u : 0u;

    private static uint Last(CpuMask allowed)
    {
        uint last = 0;
        for (uint cpu = 0; cpu < 64; cpu++)
        {
            last = allowed.Has(cpu) ? cpu : last;
        }

        return last;
    }

    private static uint Busiest(Cpu* cpu, Thread* thread, CpuMask allowed)
    {
        uint busiest = allowed.NearestTo(cpu->Id);
        for (uint other = 0; other < cpu->Kernel->CpuCount; other++)
        {
            bool more = cpu->Kernel->CpuAt(other)->RunQueue.Count > cpu->Kernel->CpuAt(busiest)->RunQueue.Count;
            busiest = allowed.Has(other) && more ? other : busiest;
        }

        return busiest;
    }
}
