namespace Lachesis.Tools.Boots;

/// <summary>How a boot ended, as the host judges it.</summary>
public enum Outcome
{
    /// <summary>The guest passed, and nothing contradicts it.</summary>
    Pass,

    /// <summary>The guest says that it failed, or a check did, or its exit status contradicts its verdict.</summary>
    Fail,

    /// <summary>The guest says that a precondition did not hold.</summary>
    Inconclusive,

    /// <summary>The kernel panicked.</summary>
    Panic,

    /// <summary>A CPU triple-faulted, and the machine was reset.</summary>
    TripleFault,

    /// <summary>The guest was still running at the time limit.</summary>
    Timeout,

    /// <summary>The run ended and no program had given a verdict.</summary>
    Silent,

    /// <summary>The report is torn, has a gap or a bad checksum, breaks the protocol, or lacks its end.</summary>
    Truncated,

    /// <summary>Somebody asked the tool to end before the guest had.</summary>
    Interrupted,

    /// <summary>A CPU lacks what the kernel needs.</summary>
    UnsupportedCpu,

    /// <summary>QEMU itself did not run.</summary>
    QemuFailed,
}
