using System;
using System.Runtime.InteropServices;

namespace Lachesis.Core.Memory;

/// <summary>Clearing and copying whole blocks of memory, with the routines that the compiler calls for large structs.</summary>
public static unsafe class Page
{
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct Block;

    /// <summary>Clears one page.</summary>
    public static void Clear(void* page)
    {
        Block* block = (Block*)page;
        for (int i = 0; i < (int)Abi.UserLayout.PageSize / sizeof(Block); i++)
        {
            block[i] = default;
        }
    }

    /// <summary>Copies bytes between kernel addresses that do not overlap.</summary>
    public static void Copy(void* destination, void* source, ulong bytes) =>
        Buffer.MemoryCopy(source, destination, (long)bytes, (long)bytes);
}
