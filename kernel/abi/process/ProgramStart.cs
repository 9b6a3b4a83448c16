using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>
/// What a program finds, read-only, at <see cref="UserLayout.StartPage"/>: its arguments and the constants of the clock.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public unsafe struct ProgramStart
{
    /// <summary>The longest argument string, in bytes.</summary>
    public const int MaxArgument = 1024;

    /// <summary>CPUs that run in the machine.</summary>
    public uint CpuCount;

    /// <summary>1 in a measured build of the kernel, else 0.</summary>
    public uint Measured;

    /// <summary>The process's CPU mask, cut to CPUs that exist.</summary>
    public ulong CpuMask;

    /// <summary>Monotonic nanoseconds = (tsc - <see cref="ClockBase"/>) * <see cref="ClockMultiplier"/> >> 32.</summary>
    public ulong ClockBase;

    /// <summary>See <see cref="ClockBase"/>.</summary>
    public ulong ClockMultiplier;

    /// <summary>Bytes of <see cref="Argument"/> that count.</summary>
    public uint ArgumentLength;

    /// <summary>Bytes of the file at <see cref="UserLayout.DataBase"/>; 0: there is none.</summary>
    public uint DataBytes;

    /// <summary>UTF-8 argument string.</summary>
    public fixed byte Argument[MaxArgument];
}

/// <summary>Where things lie in a user address space. All bounds are multiples of the page size.</summary>
public static class UserLayout
{
    /// <summary>Bytes in a page.</summary>
    public const ulong PageSize = 4096;

    /// <summary>The <see cref="ProgramStart"/> page, read-only. All below it always faults.</summary>
    public const ulong StartPage = 0x20_0000;

    /// <summary>Lowest address of the first thread's stack; the page below it is never mapped.</summary>
    public const ulong MainStackBase = 0x20_2000;

    /// <summary>Bytes of the first thread's stack.</summary>
    public const ulong MainStackSize = 0x1_0000;

    /// <summary>Lowest address that a program's segments may use. With a small program everything lies within 2 MiB: one
    /// page table.</summary>
    public const ulong ProgramBase = 0x22_0000;

    /// <summary>First address above a program's segments.</summary>
    public const ulong ProgramLimit = 0x4000_0000;

    /// <summary>Where a process's file of data lies, if its manifest gives it one.</summary>
    public const ulong DataBase = 0x4000_0000;

    /// <summary>First address above it.</summary>
    public const ulong DataLimit = 0x8000_0000;

    /// <summary>Where mapped memory begins; mappings grow upwards with an unmapped page between them.</summary>
    public const ulong HeapBase = 0x10_0000_0000;

    /// <summary>First address that no mapping may reach.</summary>
    public const ulong HeapLimit = 0x20_0000_0000;

    /// <summary>First address above user space. The last page below it is never mapped, so that a return address after a
    /// system call is always canonical.</summary>
    public const ulong Limit = 0x0000_8000_0000_0000;
}
