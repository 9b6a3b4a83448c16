using System.Linq;
using Lachesis.Tools.Elf;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>No memory of the image is both writable and executable, constants are neither, and pages are not shared between
/// segments with different permissions (the loader maps whole pages).</summary>
internal sealed class SegmentsGate() : Gate("segments")
{
    private const ulong PageSize = Abi.UserLayout.PageSize;

    protected override string Check(GateInput input)
    {
        ElfSegment[] loaded = input.Image.Segments.Where(segment => segment.IsLoaded).ToArray();
        foreach (ElfSegment segment in loaded.Where(segment => segment is { IsWritable: true, IsExecutable: true }))
        {
            Report($"segment at 0x{segment.Address:x}", "is writable and executable");
        }

        foreach (ElfSegment segment in input.Image.Segments.Where(segment => segment.Type == ElfSegment.TypeStack))
        {
            if (segment.IsExecutable)
            {
                Report("stack segment", "asks for an executable stack");
            }
        }

        CheckPages(loaded);
        ElfSection[] sections = input.Image.Sections.Where(section => section is { IsAllocated: true, Size: > 0 }).ToArray();
        foreach (ElfSection section in sections)
        {
            CheckSection(section, loaded);
        }

        if (loaded.Length == 0)
        {
            Report(input.Image.Path, "nothing is loaded");
        }

        return $"{loaded.Length} loaded segments, {sections.Length} sections in them";
    }

    // A note is for whoever loads the image: the PVH note lies before the boot code, in memory that is given up after boot.
    private void CheckSection(ElfSection section, ElfSegment[] loaded)
    {
        if (section is { IsWritable: true, IsExecutable: true })
        {
            Report(section.Name, "is writable and executable");
        }

        ElfSegment? segment = loaded.FirstOrDefault(segment => segment.Contains(section.Address));
        if (segment is null)
        {
            Report(section.Name, "is in no loaded segment");
        }
        else if (segment.IsWritable && !section.IsWritable)
        {
            Report(section.Name, $"is {(section.IsExecutable ? "code" : "read-only data")} in a writable segment");
        }
        else if (segment.IsExecutable && !section.IsExecutable && section.Type != ElfSection.TypeNote)
        {
            Report(section.Name, "is data in an executable segment");
        }
    }

    private void CheckPages(ElfSegment[] loaded)
    {
        ElfSegment[] ascending = loaded.OrderBy(segment => segment.Address).ToArray();
        for (int i = 1; i < ascending.Length; i++)
        {
            ElfSegment before = ascending[i - 1];
            ElfSegment segment = ascending[i];
            ulong lastPage = (before.Address + before.MemorySize - 1) / PageSize;
            if (segment.Address / PageSize <= lastPage && segment.Flags != before.Flags)
            {
                Report($"segment at 0x{segment.Address:x}", "shares a page with the one before, which has other permissions");
            }
        }
    }
}
