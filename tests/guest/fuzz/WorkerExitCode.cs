namespace Lachesis.Fuzz;

/// <summary>What a worker exits with when it ends of its own will: a tag above, what it found below.</summary>
internal static class WorkerExitCode
{
    /// <summary>Above the number of calls that it made, all of which answered as they may.</summary>
    internal const ulong Completed = 0x5AFE_C0DEul << 32;

    /// <summary>Above the <see cref="Finding"/> and, in bits 0..15, the number of the call.</summary>
    internal const ulong Failed = 0x0BAD_C0DEul << 32;

    /// <summary>The tag of a code.</summary>
    internal static ulong TagOf(ulong code) => code & 0xFFFF_FFFF_0000_0000;
}

/// <summary>What can be wrong after a call.</summary>
internal enum Finding : uint
{
    None = 0,

    /// <summary>The error is not among those of the table.</summary>
    WrongError = 1,

    /// <summary>A register that is to be preserved changed.</summary>
    ChangedRegister = 2,

    /// <summary>A register holds an address of the kernel's.</summary>
    KernelAddress = 3,

    /// <summary>A register holds another process's secret.</summary>
    Secret = 4,

    /// <summary>There is a value with an error.</summary>
    ValueWithError = 5,

    /// <summary>Memory holds another process's secret.</summary>
    SecretInMemory = 6,

    /// <summary>Memory holds an address of the kernel's.</summary>
    KernelAddressInMemory = 7,

    /// <summary>New memory is not cleared.</summary>
    UsedMemory = 8,

    /// <summary>Memory changed that no call was given.</summary>
    ChangedMemory = 9,

    /// <summary>A ring's completion is not that of its request, or tells an error that the call cannot give.</summary>
    WrongCompletion = 10,
}
