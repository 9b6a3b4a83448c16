using Lachesis.Abi;

namespace Lachesis.Tools.Ramdisk;

/// <summary>One process that a <see cref="RamdiskImage"/>'s manifest starts at boot.</summary>
/// <param name="Program">The program's name.</param>
/// <param name="Grants">What it may do.</param>
/// <param name="CpuMask">The CPUs that it may run on.</param>
/// <param name="Argument">The string that it starts with.</param>
public sealed record RamdiskProcess(string Program, Grants Grants, ulong CpuMask, string Argument);
