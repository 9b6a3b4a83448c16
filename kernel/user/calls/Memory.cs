using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Memory of this process.</summary>
public static unsafe class Memory
{
    /// <summary>
    /// Maps zeroed memory, at most <see cref="CallLimits.MaxMapBytes"/> bytes. The pages before and behind it are never mapped.
    /// Null if none is to be had.
    /// </summary>
    public static byte* Map(ulong bytes)
    {
        SystemResult mapped = Sys.MemoryMap(BootHandle.Process, bytes);
        return mapped.Error == Error.None ? (byte*)mapped.Value : null;
    }
}
