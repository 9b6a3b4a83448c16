using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Elf;
using Lachesis.Tools.Gates.Code;

namespace Lachesis.Tools.Gates;

/// <summary>What the gates look at: an image, the objects that it was linked from as far as given, and what is asked of
/// it.</summary>
public sealed class GateInput
{
    private readonly Lazy<MachineCode> _code;
    private readonly HashSet<string> _stubNames;

    /// <summary>Puts the files together.</summary>
    /// <param name="image">The linked image.</param>
    /// <param name="profile">What is asked of it.</param>
    /// <param name="objects">Objects that the compiler made.</param>
    /// <param name="stubs">Objects made by hand: the only code that may use privileged instructions.</param>
    public GateInput(ElfFile image, GateProfile profile, IReadOnlyList<ElfFile>? objects = null, IReadOnlyList<ElfFile>? stubs = null)
    {
        Image = image;
        Profile = profile;
        Objects = objects ?? [];
        Stubs = stubs ?? [];
        _code = new Lazy<MachineCode>(() => MachineCode.Decode(image, profile));
        _stubNames = Stubs
            .SelectMany(stub => stub.Symbols)
            .Where(symbol => symbol is { IsUndefined: false, Type: ElfSymbolType.Function })
            .Select(symbol => symbol.Name)
            .ToHashSet();
    }

    /// <summary>The linked image.</summary>
    public ElfFile Image { get; }

    /// <summary>What is asked of it.</summary>
    public GateProfile Profile { get; }

    /// <summary>Objects that the compiler made.</summary>
    public IReadOnlyList<ElfFile> Objects { get; }

    /// <summary>Objects made by hand.</summary>
    public IReadOnlyList<ElfFile> Stubs { get; }

    /// <summary>The image's code, decoded when first asked for.</summary>
    public MachineCode Code => _code.Value;

    /// <summary>Whether a function of the image comes from the stubs.</summary>
    public bool IsStub(CodeFunction function) => function.Names.Any(_stubNames.Contains);
}
