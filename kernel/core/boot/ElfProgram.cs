using Lachesis.Abi;

namespace Lachesis.Core.Boot;

/// <summary>
/// A statically linked x86-64 program in memory, checked before anything is mapped: loading what <see cref="Validate"/>
/// accepted can only fail for want of memory.
/// </summary>
public unsafe struct ElfProgram
{
    /// <summary>The most program headers that a program may have.</summary>
    public const uint MaxProgramHeaders = 16;

    private ElfProgramHeader* _headers;
    private uint _headerCount;
    private uint _segmentCount;
    private ulong _entry;

    /// <summary>How many segments there are to load, at least 1.</summary>
    public readonly uint SegmentCount => _segmentCount;

    /// <summary>Where the program's first thread starts: in the file bytes of an executable segment.</summary>
    public readonly ulong Entry => _entry;

    /// <summary>
    /// Checks the program in <paramref name="length"/> bytes at <paramref name="image"/>. Nothing outside of these bytes is
    /// read, whatever they hold. <see cref="Error.BadProgram"/> if it is not one that can be loaded:
    /// segments inside of the user program area, ascending on pages of their own, none both writable and executable.
    /// </summary>
    public static Error Validate(byte* image, ulong length, out ElfProgram program)
    {
        program = default;
        if (length < (ulong)sizeof(ElfHeader))
        {
            return Error.BadProgram;
        }

        ElfHeader* header = (ElfHeader*)image;
        if (!IsHeader(header)
            || header->ProgramHeaderOffset > length
            || header->ProgramHeaderCount * (ulong)sizeof(ElfProgramHeader) > length - header->ProgramHeaderOffset)
        {
            return Error.BadProgram;
        }

        ElfProgram found = default;
        found._headers = (ElfProgramHeader*)(image + header->ProgramHeaderOffset);
        found._headerCount = header->ProgramHeaderCount;
        found._entry = header->Entry;
        if (!found.CheckSegments(length))
        {
            return Error.BadProgram;
        }

        program = found;
        return Error.None;
    }

    /// <summary>Segment <paramref name="index"/>, which must be below <see cref="SegmentCount"/>, in ascending
    /// addresses.</summary>
    public readonly ElfSegment Segment(uint index)
    {
        ElfProgramHeader* header = _headers;
        uint before = index;
        while (!IsLoaded(header) || before-- != 0)
        {
            header++;
        }

        return new ElfSegment(header);
    }

    private static bool IsHeader(ElfHeader* header) =>
        header->Magic == ElfHeader.ExpectedMagic
        && header->Class == 2
        && header->Encoding == 1
        && header->IdentVersion == 1
        && header->Type == ElfHeader.TypeExecutable
        && header->Machine == ElfHeader.MachineX64
        && header->Version == 1
        && header->HeaderSize == sizeof(ElfHeader)
        && header->ProgramHeaderSize == sizeof(ElfProgramHeader)
        && header->ProgramHeaderCount != 0
        && header->ProgramHeaderCount <= MaxProgramHeaders;

    // Linkers leave empty segments where a section turned out empty; there is nothing to load, so nothing to check.
    private static bool IsLoaded(ElfProgramHeader* header) =>
        header->Type == ElfProgramHeader.TypeLoad && header->MemoryBytes != 0;

    private bool CheckSegments(ulong length)
    {
        bool entryFound = false;
        ulong freeFrom = UserLayout.ProgramBase;
        for (uint i = 0; i < _headerCount; i++)
        {
            ElfProgramHeader* header = _headers + i;
            if (header->Type is ElfProgramHeader.TypeDynamic or ElfProgramHeader.TypeInterpreter
                or ElfProgramHeader.TypeThreadLocal)
            {
                return false;
            }

            if (!IsLoaded(header))
            {
                continue;
            }

            if (!IsSegment(header, length) || PageFloor(header->Address) < freeFrom)
            {
                return false;
            }

            freeFrom = PageCeiling(header->Address + header->MemoryBytes);
            entryFound |= (header->Flags & ElfProgramHeader.FlagExecute) != 0
                && _entry >= header->Address
                && _entry - header->Address < header->FileBytes;
            _segmentCount++;
        }

        return entryFound;
    }

    private static bool IsSegment(ElfProgramHeader* header, ulong length)
    {
        const uint writeExecute = ElfProgramHeader.FlagWrite | ElfProgramHeader.FlagExecute;
        return header->FileBytes <= header->MemoryBytes
            && header->Offset <= length
            && header->FileBytes <= length - header->Offset
            && header->Address >= UserLayout.ProgramBase
            && header->Address <= UserLayout.ProgramLimit
            && header->MemoryBytes <= UserLayout.ProgramLimit - header->Address
            && ((header->Offset ^ header->Address) & (UserLayout.PageSize - 1)) == 0
            && (header->Flags & ElfProgramHeader.FlagRead) != 0
            && (header->Flags & writeExecute) != writeExecute;
    }

    private static ulong PageFloor(ulong address) => address & ~(UserLayout.PageSize - 1);

    private static ulong PageCeiling(ulong address) => PageFloor(address + UserLayout.PageSize - 1);
}
