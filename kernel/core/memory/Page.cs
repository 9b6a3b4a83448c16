using System.Runtime.InteropServices;

namespace Lachesis.Core.Memory;

/// <summary>Clearing and copying whole blocks of memory, in the 16-byte moves that the compiler makes of struct
/// assignments.</summary>
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
    public static void Copy(void* destination, void* source, ulong bytes)
    {
        byte* to = (byte*)destination;
        byte* from = (byte*)source;
        for (; bytes >= (ulong)sizeof(Block); bytes -= (ulong)sizeof(Block))
        {
            *(Block*)to = *(Block*)from;
            to += sizeof(Block);
            from += sizeof(Block);
        }

        for (; bytes != 0; bytes--)
        {
            *to++ = *from++;
        }
    }
}
