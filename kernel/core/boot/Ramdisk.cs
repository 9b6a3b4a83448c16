using Lachesis.Abi;

namespace Lachesis.Core.Boot;

/// <summary>A ramdisk that <see cref="RamdiskReader"/> has found sound. It lies in memory that never changes
/// afterwards.</summary>
public unsafe struct Ramdisk
{
    private readonly byte* _start;
    private readonly uint _count;

    internal Ramdisk(byte* start, uint count)
    {
        _start = start;
        _count = count;
    }

    /// <summary>How many files there are, the manifest among them.</summary>
    public readonly uint Count => _count;

    /// <summary>File <paramref name="index"/>, which must be below <see cref="Count"/>.</summary>
    public readonly RamdiskFile File(uint index)
    {
        RamdiskEntry* entry = Entries + index;
        return new RamdiskFile(entry->Name, _start + entry->Offset, entry->Length);
    }

    /// <summary>Looks a program up by its zero-padded name of <see cref="RamdiskEntry.MaxName"/> + 1 bytes. The manifest
    /// is no program and is not found. <see cref="Error.NotFound"/>.</summary>
    public readonly Error Find(byte* name, out uint index)
    {
        for (uint i = 1; i < _count; i++)
        {
            if (RamdiskReader.SameName((Entries + i)->Name, name))
            {
                index = i;
                return Error.None;
            }
        }

        index = 0;
        return Error.NotFound;
    }

    private readonly RamdiskEntry* Entries => (RamdiskEntry*)(_start + sizeof(RamdiskHeader));
}
