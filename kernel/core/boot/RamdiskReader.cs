using Lachesis.Abi;

namespace Lachesis.Core.Boot;

/// <summary>Checks a ramdisk before anything of it is used: after that, looking into it needs no checks.</summary>
public static unsafe class RamdiskReader
{
    private const int NameBytes = RamdiskEntry.MaxName + 1;

    /// <summary>
    /// Opens the ramdisk in <paramref name="length"/> bytes at <paramref name="start"/>, which must be on a page boundary.
    /// Nothing outside of these bytes is read, whatever they hold. <see cref="Error.BadArgument"/> if it is not sound.
    /// </summary>
    public static Error Open(byte* start, ulong length, out Ramdisk ramdisk)
    {
        ramdisk = default;
        if (!IsAligned((ulong)start) || length < (ulong)sizeof(RamdiskHeader))
        {
            return Error.BadArgument;
        }

        RamdiskHeader* header = (RamdiskHeader*)start;
        if (header->Magic != RamdiskHeader.ExpectedMagic
            || header->Version != RamdiskHeader.CurrentVersion
            || header->EntryCount == 0
            || header->EntryCount > RamdiskHeader.MaxEntries
            || header->Reserved != 0
            || header->TotalBytes > length)
        {
            return Error.BadArgument;
        }

        ulong end = (ulong)sizeof(RamdiskHeader) + header->EntryCount * (ulong)sizeof(RamdiskEntry);
        if (header->TotalBytes < end)
        {
            return Error.BadArgument;
        }

        RamdiskEntry* entries = (RamdiskEntry*)(header + 1);
        for (uint i = 0; i < header->EntryCount; i++)
        {
            RamdiskEntry* entry = entries + i;

            // Files lie in the order of their entries, so that each needs comparing only with the one before.
            if (!IsName(entry->Name)
                || !IsAligned(entry->Offset)
                || entry->Offset < end
                || entry->Offset > header->TotalBytes
                || entry->Length == 0
                || entry->Length > header->TotalBytes - entry->Offset
                || IsDuplicateName(entries, i, entry->Name))
            {
                return Error.BadArgument;
            }

            end = entry->Offset + entry->Length;
        }

        ramdisk = new Ramdisk(start, header->EntryCount);
        return Error.None;
    }

    internal static bool SameName(byte* left, byte* right)
    {
        for (int i = 0; i < NameBytes; i++)
        {
            if (left[i] != right[i])
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsAligned(ulong value) => (value & (RamdiskHeader.FileAlignment - 1)) == 0;

    private static bool IsDuplicateName(RamdiskEntry* entries, uint count, byte* name)
    {
        for (uint i = 0; i < count; i++)
        {
            if (SameName((entries + i)->Name, name))
            {
                return true;
            }
        }

        return false;
    }

    // Zero-padded to the end, so that names can be compared byte by byte.
    private static bool IsName(byte* name)
    {
        int length = 0;
        while (length < NameBytes && name[length] != 0)
        {
            length++;
        }

        if (length == 0 || length == NameBytes)
        {
            return false;
        }

        for (int i = length; i < NameBytes; i++)
        {
            if (name[i] != 0)
            {
                return false;
            }
        }

        return true;
    }
}
