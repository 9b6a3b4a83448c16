using System;
using Lachesis.Tools.Qemu;

namespace Lachesis.Tools.Evidence;

/// <summary>Where figures were measured.</summary>
/// <param name="Accelerator">"tcg" or "kvm".</param>
/// <param name="TcgThreads">See <see cref="MachineOptions.TcgThreads"/>.</param>
/// <param name="InstructionCount">Whether time was instructions.</param>
/// <param name="Cpus">Virtual CPUs.</param>
/// <param name="MemoryMiB">Guest memory.</param>
/// <param name="Qemu">QEMU's version.</param>
/// <param name="Measured">Whether the kernel was a measured build.</param>
/// <param name="HostCpus">Host CPUs that the tool may use.</param>
public sealed record RunEnvironment(
    string Accelerator,
    string TcgThreads,
    bool InstructionCount,
    int Cpus,
    int MemoryMiB,
    string Qemu,
    bool Measured,
    int HostCpus)
{
    /// <summary>The environment of a boot with these options.</summary>
    public static RunEnvironment Of(MachineOptions options, string qemuVersion, bool measured) => new(
        options.Accelerator, options.TcgThreads, options.InstructionCount, options.Cpus, options.MemoryMiB,
        qemuVersion, measured, Environment.ProcessorCount);
}
