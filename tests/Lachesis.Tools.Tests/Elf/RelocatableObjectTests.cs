using System;
using System.IO;
using System.Linq;
using Iced.Intel;
using Lachesis.Boot.Elf;
using Lachesis.Tools.Elf;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Tools.Tests.Elf;

/// <summary>The objects that boot stubs are written into, held against the real linker and the real readers.</summary>
public class RelocatableObjectTests
{
    private const ulong Variable = 0x1234_5678;
    private const ulong Far = 0x1122_3344_5566_7788;
    private readonly RelocatableObject _object = new();
    private readonly ObjectSection _text;

    public RelocatableObjectTests() => _text = _object.AddSection(".text", SectionKind.Code, 16);

    [Fact]
    public void Readelf_has_nothing_to_complain_about()
    {
        ObjectSection data = _object.AddSection(".data", SectionKind.Data, 8);
        ObjectSection note = _object.AddSection(".note.Xen", SectionKind.Note, 4);
        note.Append([4, 0, 0, 0, 4, 0, 0, 0, 18, 0, 0, 0, (byte)'X', (byte)'e', (byte)'n', 0, 0, 0, 0, 0]);
        data.Append(new byte[16]);
        _object.DefineSymbol("local", data, 0, 16, SymbolType.Object, global: false);
        _object.AddRelocation(data, 8, "outside", RelocationType.Abs64, 0);
        _object.AddRelocation(note, 16, "local", RelocationType.Abs32, 4);
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, _object.ToBytes());
            string output = Linker.Run("readelf", ["-a", "-W", path]);
            Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("error", output, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("Xen", output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_is_written_is_read()
    {
        _object.AddSection(".rodata", SectionKind.ReadOnlyData, 32).Append([1, 2, 3]);
        var stubs = new StubAssembler(_object, _text, 64);
        stubs.Function("global_one", a => stubs.CallExternal(a, "outside"));
        stubs.Function("local_one", a => a.ret(), global: false);

        ElfFile file = Linker.Parse(_object);

        Assert.Equal(ElfFileType.Relocatable, file.Type);
        ElfSection text = file.Sections.Single(section => section.Name == ".text");
        Assert.True(text is { IsExecutable: true, IsWritable: false, IsAllocated: true });
        Assert.Equal(_text.Bytes, file.ContentOf(text).ToArray());
        Assert.Equal([1, 2, 3], file.ContentOf(file.Sections.Single(section => section.Name == ".rodata")).ToArray());
        Assert.Equal(["local_one", "global_one", "outside"], file.Symbols.Select(symbol => symbol.Name));
        Assert.Equal(new ElfSymbol("local_one", 16, 1, ElfSymbolType.Function, false, text.Index), file.Symbols[0]);
        Assert.Equal(new ElfSymbol("global_one", 0, 5, ElfSymbolType.Function, true, text.Index), file.Symbols[1]);
        Assert.True(file.Symbols[2].IsUndefined);
        Assert.Equal(_object.ToBytes(), _object.ToBytes());
    }

    [Fact]
    public void References_of_64_bit_code_lead_to_their_symbols()
    {
        var stubs = new StubAssembler(_object, _text, 64);
        stubs.Function("first", a => a.nop());
        stubs.Function("all", a =>
        {
            Label top = a.CreateLabel();
            a.Label(ref top);
            stubs.CallExternal(a, "callee");
            stubs.LeaExternal(a, rdi, "variable", 4);
            stubs.MovAddress64(a, rax, "far");
            stubs.MovAddress32(a, ecx, "variable", 8);
            a.add(stubs.Memory(a, "variable", 0, __qword_ptr), 0x1234567);
            a.cmp(stubs.Memory(a, "variable", 12, __byte_ptr), 5);
            a.jne(top);
            stubs.JmpExternal(a, "callee");
        });
        stubs.Function("callee", a => a.ret());

        ElfFile image = LinkWithSymbols();

        Instruction[] code = Decode(image, "all", 64);
        ulong callee = image.Symbols.Single(symbol => symbol.Name == "callee").Address;
        Assert.Equal(callee, code[0].NearBranchTarget);
        Assert.Equal(Variable + 4, code[1].IPRelativeMemoryAddress);
        Assert.Equal(Far, code[2].Immediate64);
        Assert.Equal((uint)Variable + 8, code[3].Immediate32);
        Assert.Equal(Variable, code[4].IPRelativeMemoryAddress);
        Assert.Equal(Variable + 12, code[5].IPRelativeMemoryAddress);
        Assert.Equal(code[0].IP, code[6].NearBranchTarget);
        Assert.Equal(callee, code[7].NearBranchTarget);
    }

    [Fact]
    public void References_of_32_bit_code_lead_to_their_symbols()
    {
        var stubs = new StubAssembler(_object, _text, 32);
        stubs.Function("all", a =>
        {
            a.lgdt(stubs.Memory(a, "variable", 4));
            stubs.MovAddress32(a, esp, "variable");
            a.mov(stubs.Memory(a, "variable", 8, __dword_ptr), 0x4000_0000);
            stubs.CallExternal(a, "callee");
        });
        stubs.Function("callee", a => a.ret());

        ElfFile image = LinkWithSymbols();

        Instruction[] code = Decode(image, "all", 32);
        Assert.Equal(Variable + 4, code[0].MemoryDisplacement64);
        Assert.Equal((uint)Variable, code[1].Immediate32);
        Assert.Equal(Variable + 8, code[2].MemoryDisplacement64);
        Assert.Equal(0x4000_0000u, code[2].Immediate32);
        Assert.Equal(image.Symbols.Single(symbol => symbol.Name == "callee").Address, code[3].NearBranchTarget);
    }

    [Fact]
    public void Code_is_padded_with_traps_between_functions()
    {
        var stubs = new StubAssembler(_object, _text, 64);
        StubFunction first = stubs.Function("first", a => a.ret());
        StubFunction second = stubs.Function("second", a => a.ret());

        Assert.Equal(new StubFunction("first", 0, 1), first);
        Assert.Equal(new StubFunction("second", 16, 1), second);
        Assert.All(_text.Bytes[1..16], value => Assert.Equal(0xCC, value));
    }

    [Fact]
    public void Mistakes_do_not_get_as_far_as_the_linker()
    {
        var stubs = new StubAssembler(_object, _text, 64);
        stubs.Function("once", a => a.ret());

        Assert.Throws<ArgumentException>(() => stubs.Function("once", a => a.ret()));
        Assert.Throws<ArgumentException>(() => _object.AddSection(".text", SectionKind.Data, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _object.AddSection(".data", SectionKind.Data, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => _text.Align(32));
        Assert.Throws<ArgumentOutOfRangeException>(() => _object.DefineSymbol("x", _text, _text.Length, 1, SymbolType.Object));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => _object.AddRelocation(_text, _text.Length - 3, "x", RelocationType.Pc32, 0));
        Assert.Throws<InvalidOperationException>(() => stubs.Function("misuse", a =>
        {
            AssemblerMemoryOperand operand = stubs.Memory(a, "x");
            a.nop();
            a.lea(rax, operand);
        }));
        var real = new StubAssembler(_object, _text, 16);
        Assert.Throws<InvalidOperationException>(() => real.Function("real", a => real.CallExternal(a, "x")));
    }

    private ElfFile LinkWithSymbols() => Linker.Link(
        Linker.Script,
        ["--fatal-warnings", "--defsym", $"variable=0x{Variable:x}", "--defsym", $"far=0x{Far:x}"],
        _object);

    private static Instruction[] Decode(ElfFile image, string name, int bitness)
    {
        ElfSymbol symbol = image.Symbols.Single(symbol => symbol.Name == name);
        byte[] code = image.ReadAt(symbol.Address, (int)symbol.Size)!.Value.ToArray();
        return Decoder.Create(bitness, new ByteArrayCodeReader(code), symbol.Address, DecoderOptions.None).ToArray();
    }
}
