namespace Lachesis.Benchmarks.Queues;

/// <summary>Is told where the kernel's own code begins and ends. A struct, so that a probe that does nothing costs
/// nothing.</summary>
public interface IProbe
{
    /// <summary>The next instruction is the run queue's.</summary>
    void Begin();

    /// <summary>The last instruction was the run queue's.</summary>
    void End();

    /// <summary>An operation of the workload is complete: all that was done since the last one belongs to it.</summary>
    void Complete();
}
