namespace Lachesis.Arch.X64;

/// <summary>Where things lie in the kernel's half of every address space.</summary>
internal static class Layout
{
    /// <summary>All physical memory up to the end of RAM, not executable; the kernel's text and constants in it
    /// read-only.</summary>
    internal const ulong DirectMap = 0xFFFF_8000_0000_0000;

    /// <summary>Device registers, uncached.</summary>
    internal const ulong Devices = 0xFFFF_FE00_0000_0000;

    /// <summary>Kernel stacks, each between unmapped pages.</summary>
    internal const ulong Stacks = 0xFFFF_FF00_0000_0000;

    /// <summary>The kernel image: its link address minus its physical address.</summary>
    internal const ulong ImageOffset = 0xFFFF_FFFF_8000_0000;

    /// <summary>Physical page that the other CPUs start in; as in boot/stubs/start/Trampoline.cs.</summary>
    internal const ulong Trampoline = 0x8000;

    internal const ulong PageSize = 4096;
    internal const ulong LargePageSize = 0x20_0000;

    /// <summary>The virtual address of physical memory.</summary>
    internal static ulong Virtual(ulong physical) => physical + DirectMap;
}
