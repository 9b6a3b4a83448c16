using Lachesis.Boot.Elf;
using Lachesis.Boot.Stubs;

namespace Lachesis.Boot;

/// <summary>The kernel's object: what runs before C# can, what enters and leaves it, and instructions that it has no words
/// for.</summary>
public static class KernelObject
{
    /// <summary>Assembles everything.</summary>
    public static RelocatableObject Build()
    {
        var target = new RelocatableObject();
        ObjectSection text = target.AddSection(".text", SectionKind.Code, 16);
        var stubs = new StubAssembler(target, text, 64);
        PvhEntry.AddTo(target);
        Trampoline.AddTo(target);
        SystemCallEntry.AddTo(stubs);
        ThreadResume.AddTo(stubs);
        InterruptEntry.AddTo(target, stubs);
        UserAccess.AddTo(stubs);
        Instructions.AddTo(stubs);
        MemoryRoutines.AddTo(stubs);
        RuntimeEntries.AddTo(target, stubs);
        LinkTable.AddTo(target, stubs);
        return target;
    }
}
