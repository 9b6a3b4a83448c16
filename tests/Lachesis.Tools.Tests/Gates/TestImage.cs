using System;
using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using Lachesis.Boot.Elf;
using Lachesis.Tools.Elf;
using Lachesis.Tools.Gates;
using Lachesis.Tools.Tests.Elf;
using Xunit;

namespace Lachesis.Tools.Tests.Gates;

/// <summary>A small image, linked for real from an object that plays the compiler's and one that plays the stubs'.</summary>
internal sealed class TestImage
{
    private readonly RelocatableObject _compiled = new();
    private readonly RelocatableObject _stubs = new();
    private readonly StubAssembler _stubAssembler;

    public TestImage()
    {
        Text = _compiled.AddSection(".text", SectionKind.Code, 16);
        Constants = _compiled.AddSection(".rodata", SectionKind.ReadOnlyData, 16);
        Variables = _compiled.AddSection(".data", SectionKind.Data, 16);
        StubText = _stubs.AddSection(".text.stubs", SectionKind.Code, 16);
        Assembler = new StubAssembler(_compiled, Text, 64);
        _stubAssembler = new StubAssembler(_stubs, StubText, 64);
        Define(Constants, "constant", [1, 2, 3, 4], SymbolType.Object);
        Define(Variables, "variable", [1, 2, 3, 4], SymbolType.Object);
    }

    public ObjectSection Text { get; }

    public ObjectSection StubText { get; }

    public ObjectSection Constants { get; }

    public ObjectSection Variables { get; }

    public StubAssembler Assembler { get; }

    public string Script { get; set; } = Linker.Script;

    public List<string> LinkerOptions { get; } = [];

    /// <summary>An image that nothing is wrong with: a stub that calls compiled code.</summary>
    public static TestImage Clean() => new TestImage()
        .Stub("entry", a => a.cli())
        .Compiled("main", a => a.ret());

    public TestImage Compiled(string name, Action<Iced.Intel.Assembler> emit)
    {
        Assembler.Function(name, emit);
        return this;
    }

    /// <summary>A compiled function that only calls another.</summary>
    public TestImage Call(string name, params string[] callees) => Compiled(name, a =>
    {
        foreach (string callee in callees)
        {
            Assembler.CallExternal(a, callee);
        }

        a.ret();
    });

    public TestImage Stub(string name, Action<Iced.Intel.Assembler> emit)
    {
        _stubAssembler.Function(name, emit);
        return this;
    }

    public TestImage CompiledBytes(string name, byte[] bytes, SymbolType type = SymbolType.Function) =>
        Define(Text, name, bytes, type);

    public TestImage Define(ObjectSection section, string name, byte[] bytes, SymbolType type, ulong? size = null)
    {
        ulong offset = section.Append(bytes);
        RelocatableObject owner = section == StubText ? _stubs : _compiled;
        owner.DefineSymbol(name, section, offset, size ?? (ulong)bytes.Length, type);
        return this;
    }

    /// <summary>A stub of one instruction whose symbol says something else than it should.</summary>
    public TestImage DefineStub(string name, SymbolType type, ulong size) =>
        Define(StubText, name, [0x90], type, size);

    /// <summary>A function that is the last bytes of the compiled code.</summary>
    public TestImage Alias(string name, ulong size)
    {
        _compiled.DefineSymbol(name, Text, Text.Length - size, size, SymbolType.Function);
        return this;
    }

    public GateInput Link(GateProfile? profile = null) => new(
        Linker.Link(Script, LinkerOptions.ToArray(), _stubs, _compiled),
        profile ?? GateProfile.Kernel,
        [ElfFile.Parse("kernel.o", _compiled.ToBytes())],
        [ElfFile.Parse("boot.o", _stubs.ToBytes())]);

    /// <summary>Every finding as "place: message", and that they all come from one gate.</summary>
    public string[] FindingsOf(string gate, GateProfile? profile = null)
    {
        IReadOnlyList<GateResult> results = ImageGates.Run(Link(profile));
        Assert.All(results, result => Assert.True(
            result.Passed || result.Gate == gate, $"{result.Gate}: {string.Join("; ", result.Findings)}"));
        return Lines(results.Single(result => result.Gate == gate).Findings);
    }

    public static string[] Lines(IEnumerable<GateFinding> findings) =>
        findings.Select(finding => $"{finding.Place}: {finding.Message}").ToArray();
}
