namespace Lachesis.Core.Sched.Place;

/// <summary>A set of CPUs: bit n is CPU n. <see cref="Abi.Platform.MaxCpus"/> fit.</summary>
public readonly struct CpuMask
{
    /// <summary>The bits.</summary>
    public readonly ulong Bits;

    /// <summary>The set with these bits.</summary>
    public CpuMask(ulong bits) => Bits = bits;

    /// <summary>CPUs 0 .. <paramref name="count"/> - 1, for 1 to 64.</summary>
    public static CpuMask FirstN(uint count) => new(count >= 64 ? ulong.MaxValue : (1ul << (int)count) - 1);

    /// <summary>Just <paramref name="cpu"/>.</summary>
    public static CpuMask Of(uint cpu) => new(1ul << (int)cpu);

    /// <summary>No CPU at all.</summary>
    public bool IsEmpty => Bits == 0;

    /// <summary>Whether <paramref name="cpu"/> is in the set.</summary>
    public bool Has(uint cpu) => (Bits >> (int)cpu & 1) != 0;

    /// <summary>The others.</summary>
    public CpuMask Without(uint cpu) => new(Bits & ~(1ul << (int)cpu));

    /// <summary>CPUs in both.</summary>
    public static CpuMask operator &(CpuMask a, CpuMask b) => new(a.Bits & b.Bits);

    /// <summary>
    /// The member nearest to <paramref name="origin"/>, counting upwards and around; the set must not be empty. Without
    /// topology in the firmware tables that QEMU gives, distance is distance in number.
    /// </summary>
    public uint NearestTo(uint origin)
    {
        uint cpu = origin;
        while (!Has(cpu))
        {
            cpu = (cpu + 1) & 63;
        }

        return cpu;
    }
}
