using Lachesis.Abi;

namespace Lachesis.Core.Sched.Place;

/// <summary>A CPU for a woken thread, and why that one.</summary>
internal readonly struct CpuChoice
{
    /// <summary>The CPU's number.</summary>
    public readonly uint Cpu;

    /// <summary>The reason: the counter that counts it.</summary>
    public readonly Counter Reason;

    /// <summary>A CPU and the reason.</summary>
    public CpuChoice(uint cpu, Counter reason)
    {
        Cpu = cpu;
        Reason = reason;
    }

    /// <summary>Whether the CPU idles, so that it must be claimed before it is given the thread.</summary>
    public bool IsIdle => Reason is Counter.PlacedLastIdle or Counter.PlacedOtherIdle;
}
