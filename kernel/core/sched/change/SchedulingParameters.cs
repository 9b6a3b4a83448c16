using Lachesis.Abi;

namespace Lachesis.Core.Sched.Change;

/// <summary>What can be set of a thread, packed into one word, so that any CPU can change it in one step: weight (17 bits),
/// priority (8), request in microseconds (17), quantum in microseconds (20).</summary>
public readonly struct SchedulingParameters
{
    private const int PriorityShift = 17;
    private const int SliceShift = 25;
    private const int QuantumShift = 42;
    private const ulong WeightMask = (1 << 17) - 1;
    private const ulong PriorityMask = 0xFF;
    private const ulong SliceMask = (1 << 17) - 1;
    private const ulong QuantumMask = (1 << 20) - 1;

    /// <summary>The word.</summary>
    public readonly ulong Bits;

    /// <summary>From the word.</summary>
    public SchedulingParameters(ulong bits) => Bits = bits;

    /// <summary>From values within <see cref="SchedulingLimits"/>; times in nanoseconds.</summary>
    public SchedulingParameters(uint weight, uint priority, uint sliceNs, uint quantumNs) =>
        Bits = weight
            | (ulong)priority << PriorityShift
            | (ulong)(sliceNs / 1000) << SliceShift
            | (ulong)(quantumNs / 1000) << QuantumShift;

    /// <summary>Share against others' weights.</summary>
    public uint Weight => (uint)(Bits & WeightMask);

    /// <summary>0 .. 255.</summary>
    public uint Priority => (uint)(Bits >> PriorityShift & PriorityMask);

    /// <summary>Length of a request in nanoseconds.</summary>
    public long SliceNs => (long)(Bits >> SliceShift & SliceMask) * 1000;

    /// <summary>Length of a quantum in nanoseconds.</summary>
    public long QuantumNs => (long)(Bits >> QuantumShift & QuantumMask) * 1000;

    /// <summary>The bits of one parameter.</summary>
    public static ulong MaskOf(SchedulingParameter parameter) => parameter switch
    {
        SchedulingParameter.Weight => WeightMask,
        SchedulingParameter.Priority => PriorityMask << PriorityShift,
        SchedulingParameter.SliceNs => SliceMask << SliceShift,
        _ => QuantumMask << QuantumShift,
    };

    /// <summary>The word that says <paramref name="value"/> for one parameter and 0 for the others; false if it is out of
    /// range.</summary>
    public static bool TryPack(SchedulingParameter parameter, ulong value, out ulong bits)
    {
        bits = 0;
        switch (parameter)
        {
            case SchedulingParameter.Weight when value is >= SchedulingLimits.MinWeight and <= SchedulingLimits.MaxWeight:
                bits = value;
                return true;
            case SchedulingParameter.SliceNs
                when value is >= SchedulingLimits.MinSliceNs and <= SchedulingLimits.MaxSliceNs:
                bits = value / 1000 << SliceShift;
                return true;
            case SchedulingParameter.Priority when value <= SchedulingLimits.MaxPriority:
                bits = value << PriorityShift;
                return true;
            case SchedulingParameter.QuantumNs
                when value is >= SchedulingLimits.MinQuantumNs and <= SchedulingLimits.MaxQuantumNs:
                bits = value / 1000 << QuantumShift;
                return true;
            default:
                return false;
        }
    }
}
