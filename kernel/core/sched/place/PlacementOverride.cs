using System;
using System.Diagnostics;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Place;

#if HOSTED
/// <summary>Says to which of the allowed CPUs a woken thread goes.</summary>
/// <param name="cpu">The CPU that wakes it.</param>
/// <param name="thread">The thread.</param>
/// <param name="allowed">The CPUs that it may run on; not empty.</param>
public unsafe delegate uint PlacementRule(Cpu* cpu, Thread* thread, CpuMask allowed);
#endif

/// <summary>
/// Another rule of placement, which hosted builds can be told to follow: tests hold the simulator to bearing with rules that are not
/// the kernel's, as somebody who changes a rule needs it to. The calls are compiled out of the kernel: its image is the same
/// without them.
/// </summary>
public static unsafe class PlacementOverride
{
    /// <summary>No rule is being tried.</summary>
    public const uint NoCpu = uint.MaxValue;

#if HOSTED
    [ThreadStatic]
    private static PlacementRule? s_rule;

    /// <summary>Makes the calling thread's CPUs follow this rule from here on; null: the kernel's own.</summary>
    public static void SetRule(PlacementRule? rule) => s_rule = rule;
#endif

    /// <summary>Chooses by the rule that is being tried, if there is one.</summary>
    [Conditional("HOSTED")]
    public static void SelectCpu(Cpu* cpu, Thread* thread, CpuMask allowed, ref uint target)
    {
#if HOSTED
        target = s_rule?.Invoke(cpu, thread, allowed) ?? target;
#endif
    }

    /// <summary>A thread may not simply be woken where it last ran if a rule is being tried.</summary>
    [Conditional("HOSTED")]
    public static void DisableFastPath(ref bool allowFastPath)
    {
#if HOSTED
        allowFastPath &= s_rule == null;
#endif
    }
}
