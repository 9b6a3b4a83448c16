namespace Lachesis.Simulator;

/// <summary>What goes wrong with the hardware of a run, within what a machine promises: all of it follows from the seed, and
/// none of it from the schedule.</summary>
internal sealed class FaultInjection
{
    private readonly Plan _plan;
    private readonly Simulation _simulation;
    private readonly long[] _readyAt;
    private readonly bool[] _duplicate;
    private readonly ulong[] _draws;

    public FaultInjection(Plan plan, Simulation simulation)
    {
        _plan = plan;
        _simulation = simulation;
        _readyAt = new long[plan.Shape.Cpus];
        _duplicate = new bool[plan.Shape.Cpus];
        _draws = new ulong[plan.Shape.Cpus];
    }

    /// <summary>Whether an interrupt that was sent to a CPU has reached it.</summary>
    public bool IsInterruptDelivered(uint cpu) => _simulation.Step >= _readyAt[cpu];

    /// <summary>What is on its way to a CPU arrives now.</summary>
    public void DeliverInterrupt(uint cpu) => _readyAt[cpu] = 0;

    /// <summary>Whether a CPU gets an interrupt once more that it has taken; asked once.</summary>
    public bool TakeDuplicate(uint cpu)
    {
        bool duplicate = _duplicate[cpu];
        _duplicate[cpu] = false;
        return duplicate;
    }

    /// <summary>An interrupt was sent to a CPU.</summary>
    public void OnInterruptSent(uint cpu)
    {
        SeededRandom dice = NewRandom(cpu);
        _readyAt[cpu] = _plan.InterruptDelay == 0 ? 0 : _simulation.Step + dice.Below(_plan.InterruptDelay);
        _duplicate[cpu] = dice.OneIn(_plan.DuplicateOneIn);
    }

    /// <summary>By how many nanoseconds a timer that is set now will be late.</summary>
    public long TimerLateness(uint cpu) => _plan.TimerLatenessNs == 0 ? 0 : NewRandom(cpu).Below(_plan.TimerLatenessNs);

    /// <summary>Whether making or filling an address space fails for want of memory.</summary>
    public bool OutOfMemory(uint cpu) => _plan.OutOfMemoryOneIn != 0 && NewRandom(cpu).OneIn(_plan.OutOfMemoryOneIn);

    /// <summary>Whether an access to user memory fails.</summary>
    public bool UserFault(uint cpu) => _plan.UserFaultOneIn != 0 && NewRandom(cpu).OneIn(_plan.UserFaultOneIn);

    private SeededRandom NewRandom(uint cpu) => new(_plan.Seed, 'f' | ((ulong)cpu << 8), _draws[cpu]++);
}
