using System;

namespace Lachesis.Tools.Qemu;

/// <summary>What the virtual machine of one boot is to be.</summary>
public sealed record MachineOptions
{
    /// <summary>The QEMU program.</summary>
    public string Qemu { get; init; } = QemuProgram.Default;

    /// <summary>Path of the kernel.</summary>
    public required string Kernel { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>CPU model and features as QEMU's -cpu takes them, or null for all that the accelerator has.</summary>
    public string? CpuModel { get; init; }

    /// <summary>Guest memory in MiB.</summary>
    public int MemoryMiB { get; init; } = 512;

    /// <summary>"tcg" or "kvm".</summary>
    public string Accelerator { get; init; } = "tcg";

    /// <summary>Whether virtual time is the count of instructions executed.</summary>
    public bool InstructionCount { get; init; }

    /// <summary>How long the guest may run on the host's clock, without the time for which the host keeps QEMU waiting for a
    /// CPU.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many host threads execute the guest's CPUs: "multi", "single" (one for all) or "none" (not
    /// TCG).</summary>
    public string TcgThreads => Accelerator != "tcg" ? "none" : InstructionCount ? "single" : "multi";
}
