using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched;

namespace Lachesis.Arch.X64;

/// <summary>Four-level page tables: making, filling and freeing them. Tables are reached through the direct map.</summary>
internal static unsafe class PageTables
{
    internal const ulong Present = 1;
    internal const ulong Writable = 2;
    internal const ulong User = 4;
    internal const ulong Uncached = 0x18;
    internal const ulong Large = 0x80;
    internal const ulong Global = 0x100;

    /// <summary>A bit that the CPU ignores: the frame goes back to the allocator with the address space.</summary>
    internal const ulong Owned = 0x200;
    internal const ulong NoExecute = 1ul << 63;
    internal const ulong FrameMask = 0x000F_FFFF_FFFF_F000;

    private const int EntriesPerTable = 512;
    private const int FirstKernelEntry = 256;

    /// <summary>Maps a 4 KiB page; <see cref="Error.OutOfMemory"/> if a table is missing and no page is to be had.</summary>
    internal static Error Map(Kernel* kernel, Cpu* cpu, ulong root, ulong address, ulong entry)
    {
        ulong tableFlags = Present | Writable | (entry & User);
        ulong* table = Table(root);
        for (int level = 3; level > 0; level--)
        {
            ulong* slot = &table[IndexAt(address, level)];
            if ((*slot & Present) == 0)
            {
                ulong frame = kernel->Pages.AllocateZeroed<X64Machine>(cpu);
                if (frame == 0)
                {
                    return Error.OutOfMemory;
                }

                *slot = frame | tableFlags;
            }

            table = Table(*slot & FrameMask);
        }

        table[IndexAt(address, 0)] = entry;
        return Error.None;
    }

    /// <summary>Where a byte of an address space's own, user-writable memory lies in the direct map, or null.</summary>
    internal static void* FindWritable(ulong root, ulong address)
    {
        const ulong wanted = Present | Writable | User | Owned;
        ulong* table = Table(root);
        for (int level = 3; level > 0; level--)
        {
            ulong entry = table[IndexAt(address, level)];
            if ((entry & Present) == 0)
            {
                return null;
            }

            table = Table(entry & FrameMask);
        }

        ulong page = table[IndexAt(address, 0)];
        return (page & wanted) == wanted
            ? (void*)Layout.Virtual((page & FrameMask) + (address & (Layout.PageSize - 1)))
            : null;
    }

    /// <summary>Maps a 2 MiB page.</summary>
    internal static Error MapLarge(Kernel* kernel, Cpu* cpu, ulong root, ulong address, ulong entry)
    {
        ulong* table = Table(root);
        for (int level = 3; level > 1; level--)
        {
            ulong* slot = &table[IndexAt(address, level)];
            if ((*slot & Present) == 0)
            {
                ulong frame = kernel->Pages.AllocateZeroed<X64Machine>(cpu);
                if (frame == 0)
                {
                    return Error.OutOfMemory;
                }

                *slot = frame | Present | Writable;
            }

            table = Table(*slot & FrameMask);
        }

        table[IndexAt(address, 1)] = entry | Large;
        return Error.None;
    }

    /// <summary>A root that shares the kernel's half with <paramref name="kernelRoot"/>; its user half is empty. 0: no
    /// memory.</summary>
    internal static ulong CreateUserRoot(Kernel* kernel, Cpu* cpu, ulong kernelRoot)
    {
        ulong root = kernel->Pages.AllocateZeroed<X64Machine>(cpu);
        if (root != 0)
        {
            Page.Copy(
                Table(root) + FirstKernelEntry,
                Table(kernelRoot) + FirstKernelEntry,
                (EntriesPerTable - FirstKernelEntry) * sizeof(ulong));
        }

        return root;
    }

    /// <summary>The entry for a user page.</summary>
    internal static ulong UserEntry(ulong frame, PageAccess access)
    {
        ulong entry = frame | Present | User;
        entry |= (access & PageAccess.Write) != 0 ? Writable : 0;
        entry |= (access & PageAccess.Execute) != 0 ? 0 : NoExecute;
        entry |= (access & PageAccess.Owned) != 0 ? Owned : 0;
        return entry;
    }

    /// <summary>
    /// Frees pages and tables of the user half, deepest first, at most about <paramref name="budget"/> of them; true when
    /// the root is freed too. Everything below an address that the walk has passed is gone, so the cursor is that address.
    /// </summary>
    internal static bool FreeStep(Kernel* kernel, Cpu* cpu, ulong root, ref ulong cursor, int budget)
    {
        while (cursor < UserLayout.Limit)
        {
            if (budget <= 0)
            {
                return false;
            }

            FreeAt(kernel, cpu, root, ref cursor, ref budget);
        }

        kernel->Pages.Free<X64Machine>(cpu, root);
        return true;
    }

    // Goes down to the table that decides about the cursor: a leaf table, whose pages are freed from there on, or one with
    // nothing below the cursor, of which the empty entries are passed over. Then frees every table that ends there.
    private static void FreeAt(Kernel* kernel, Cpu* cpu, ulong root, ref ulong cursor, ref int budget)
    {
        ulong** tables = stackalloc ulong*[4];
        int level = 3;
        tables[3] = Table(root);
        while (level > 0 && (tables[level][IndexAt(cursor, level)] & Present) != 0)
        {
            tables[level - 1] = Table(tables[level][IndexAt(cursor, level)] & FrameMask);
            level--;
        }

        int index = IndexAt(cursor, level);
        int end = level == 3 ? FirstKernelEntry : EntriesPerTable;
        ulong* table = tables[level];
        if (level == 0)
        {
            for (; index < end && budget > 0; index++)
            {
                if ((table[index] & (Present | Owned)) == (Present | Owned))
                {
                    kernel->Pages.Free<X64Machine>(cpu, table[index] & FrameMask);
                    budget--;
                }
            }
        }
        else
        {
            while (index < end && (table[index] & Present) == 0)
            {
                index++;
            }
        }

        cursor = (cursor & ~(SpanAt(level + 1) - 1)) + ((ulong)index * SpanAt(level));
        for (; level < 3 && IndexAt(cursor, level) == 0 && index != 0; level++)
        {
            kernel->Pages.Free<X64Machine>(cpu, (ulong)tables[level] - Layout.DirectMap);
            budget--;
        }
    }

    private static ulong SpanAt(int level) => 1ul << (12 + (9 * level));

    private static int IndexAt(ulong address, int level) => (int)(address >> (12 + (9 * level))) & (EntriesPerTable - 1);

    private static ulong* Table(ulong frame) => (ulong*)Layout.Virtual(frame);
}
