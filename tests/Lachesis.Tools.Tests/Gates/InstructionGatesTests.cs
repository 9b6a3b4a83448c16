using System;
using System.Linq;
using Iced.Intel;
using Lachesis.Boot.Elf;
using Lachesis.Tools.Gates;
using Lachesis.Tools.Gates.Code;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Tools.Tests.Gates;

/// <summary>Gates that look at single instructions. They are given as bytes, as the gates see them.</summary>
public class InstructionGatesTests
{
    [Theory]
    [InlineData("C5F857C0", "AVX encoding: vxorps xmm0,xmm0,xmm0")]
    [InlineData("C5FC57C0", "AVX encoding: vxorps ymm0,ymm0,ymm0")]
    [InlineData("62F17C4857C0", "AVX encoding: vxorps zmm0,zmm0,zmm0")]
    [InlineData("C4E278F2C1", "AVX encoding: andn eax,eax,ecx")]
    [InlineData("C5F877", "AVX encoding: vzeroupper")]
    [InlineData("D9E8", "x87 or MMX: fld1")]
    [InlineData("D8C1", "x87 or MMX: fadd st,st(1)")]
    [InlineData("0FEFC0", "x87 or MMX: pxor mm0,mm0")]
    [InlineData("F20F2DC0", null)]
    [InlineData("660F2DC0", "x87 or MMX: cvtpd2pi mm0,xmm0")]
    [InlineData("DBE3", null)]
    [InlineData("D92C24", null)]
    [InlineData("0F57C0", null)]
    [InlineData("F30F6F07", null)]
    public void Vector_state_that_is_not_kept_is_found(string code, string? finding)
    {
        string[] expected = finding is null ? [] : [$"f: {finding}"];
        Assert.Equal(expected, WithCode(code).FindingsOf("vector-registers"));
    }

    [Fact]
    public void Stubs_of_programs_may_fill_all_state_but_no_avx()
    {
        Assert.Empty(TestImage.Clean().Stub("fill", a => a.fld1()).FindingsOf("vector-registers", GateProfile.Program));
        Assert.Single(TestImage.Clean().Stub("fill", a => a.fld1()).FindingsOf("vector-registers"));
        Assert.Single(TestImage.Clean().Stub("fill", a => a.vzeroall()).FindingsOf("vector-registers", GateProfile.Program));
    }

    [Fact]
    public void Registers_that_the_exit_does_not_clear_are_found()
    {
        TestImage image = TestImage.Clean()
            .Compiled("f", a => { a.xorps(xmm0, xmm0); a.movups(__xmmword_ptr[rax], xmm3); })
            .Stub("exit_all", a => { a.pxor(xmm0, xmm0); a.pxor(xmm3, xmm3); })
            .Stub("exit_some", a => { a.pxor(xmm0, xmm0); a.pxor(xmm3, xmm4); })
            .Stub("save", a => a.movups(__xmmword_ptr[rax], xmm15));
        Assert.Empty(image.FindingsOf("vector-registers", GateProfile.Kernel with { ClearedBy = "exit_all" }));
        Assert.Equal(
            ["f+0x3: uses xmm3, which exit_some does not clear: movups [rax],xmm3"],
            image.FindingsOf("vector-registers", GateProfile.Kernel with { ClearedBy = "exit_some" }));
        Assert.Contains(
            "exit_none: no such function, so nothing is cleared",
            image.FindingsOf("vector-registers", GateProfile.Kernel with { ClearedBy = "exit_none" }));
        Assert.EndsWith("compiled code uses xmm 0 3", ImageGates.Run(image.Link())[2].Checked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FA", "cli")]
    [InlineData("FB", "sti")]
    [InlineData("F4", "hlt")]
    [InlineData("0F30", "wrmsr")]
    [InlineData("0F32", "rdmsr")]
    [InlineData("EC", "in al,dx")]
    [InlineData("EE", "out dx,al")]
    [InlineData("0F22D8", "mov cr3,rax")]
    [InlineData("0F20D0", "mov rax,cr2")]
    [InlineData("0F23F8", "mov dr7,rax")]
    [InlineData("0F0110", "lgdt fword ptr [rax]")]
    [InlineData("0F0118", "lidt fword ptr [rax]")]
    [InlineData("0F00D8", "ltr ax")]
    [InlineData("0F01F8", "swapgs")]
    [InlineData("480F07", "sysretq")]
    [InlineData("48CF", "iretq")]
    [InlineData("48CB", "retfq")]
    [InlineData("0F0138", "invlpg [rax]")]
    [InlineData("0F01D1", "xsetbv")]
    [InlineData("0F09", "wbinvd")]
    [InlineData("0F01CB", "stac")]
    [InlineData("8ED8", "mov ds,eax")]
    [InlineData("0FA9", "pop gs")]
    [InlineData("9D", "popfq")]
    [InlineData("FF28", "jmp fword ptr [rax]")]
    [InlineData("0FAE5018", "ldmxcsr [rax+18h]")]
    public void Privileged_instructions_are_for_stubs_only(string code, string shown)
    {
        Assert.Equal([$"f: not allowed outside of stubs: {shown}"], WithCode(code).FindingsOf("privileged-instructions"));
        Assert.Empty(WithStub(code).FindingsOf("privileged-instructions"));
        Assert.Single(WithCode(code).FindingsOf("privileged-instructions", GateProfile.Program));
    }

    [Theory]
    [InlineData("0F05", "syscall")]
    [InlineData("0F34", "sysenter")]
    [InlineData("CD80", "int 80h")]
    [InlineData("F1", "int1")]
    public void The_kernel_calls_nobody(string code, string shown)
    {
        string[] expected = [$"f: a system call or software interrupt in the kernel: {shown}"];
        Assert.Equal(expected, WithCode(code).FindingsOf("privileged-instructions"));
        Assert.Equal(expected, WithStub(code).FindingsOf("privileged-instructions"));
        Assert.Single(WithCode(code).FindingsOf("privileged-instructions", GateProfile.Program));
        Assert.Empty(WithStub(code).FindingsOf("privileged-instructions", GateProfile.Program));
    }

    [Theory]
    [InlineData("C3")]
    [InlineData("CC")]
    [InlineData("0F0B")]
    [InlineData("F390")]
    [InlineData("F00FB107")]
    [InlineData("0FAEF0")]
    [InlineData("8CD8")]
    public void Ordinary_instructions_are_for_everyone(string code) =>
        Assert.Empty(WithCode(code).FindingsOf("privileged-instructions"));

    [Theory]
    [InlineData("90066690", "f+0x1: is not an instruction")]
    [InlineData("9090E800", "f+0x2: is not an instruction")]
    [InlineData("0F0B", null)]
    public void Bytes_that_are_no_instruction_are_found(string code, string? finding) => Assert.Equal(
        finding is null ? [] : [finding], WithCode(code).FindingsOf("decode"));

    [Fact]
    public void Code_without_a_symbol_is_found()
    {
        TestImage image = TestImage.Clean();
        image.Text.Append([0xCC, 0xC3]);
        string finding = Assert.Single(image.FindingsOf("decode"));
        Assert.EndsWith("bytes belong to no symbol and are not padding", finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Padding_needs_no_symbol()
    {
        TestImage image = TestImage.Clean();
        image.Text.Append([0xCC, 0x90, 0x66, 0x90, 0x0F, 0x1F, 0x40, 0x00, 0, 0, 0x66, 0x2E, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0]);
        Assert.Empty(image.FindingsOf("decode"));
    }

    [Fact]
    public void Functions_without_a_size_are_found()
    {
        TestImage image = TestImage.Clean();
        image.Define(image.Text, "unsized", [], SymbolType.Function);
        Assert.Equal(["unsized: is a function without a size"], image.FindingsOf("decode"));
    }

    [Fact]
    public void Overlapping_functions_are_found()
    {
        TestImage image = TestImage.Clean();
        image.CompiledBytes("f", [0x90, 0xC3]);
        image.Define(image.Text, "g", [], SymbolType.Object);
        Assert.Empty(image.FindingsOf("decode"));
        TestImage overlapping = TestImage.Clean();
        overlapping.Text.Append([0x90, 0x90, 0xC3]);
        overlapping.Alias("f", 3).Alias("g", 2);
        Assert.Equal(["g: overlaps f"], overlapping.FindingsOf("decode"));
    }

    [Fact]
    public void An_image_without_code_is_found() =>
        Assert.Equal(["test.elf: there is no code with symbols"], new TestImage().FindingsOf("decode"));

    [Fact]
    public void Stubs_are_decoded_in_the_mode_that_they_run_in()
    {
        // 66 EA ptr16:32: a far jump that 64-bit mode does not have.
        TestImage image = TestImage.Clean();
        image.Define(image.StubText, "start16", Convert.FromHexString("66EA000040000800"), SymbolType.Function);
        Assert.Single(image.FindingsOf("decode"));
        Assert.Empty(image.FindingsOf("decode", GateProfile.Kernel with { Code16 = SymbolPattern.List("*16") }));
        TestImage other = TestImage.Clean();
        other.Define(other.StubText, "start32", Convert.FromHexString("06"), SymbolType.Function);
        Assert.Empty(other.FindingsOf("decode", GateProfile.Kernel with { Code32 = SymbolPattern.List("start32") }));
    }

    private static TestImage WithCode(string code) => TestImage.Clean().CompiledBytes("f", Convert.FromHexString(code));

    private static TestImage WithStub(string code)
    {
        TestImage image = TestImage.Clean();
        return image.Define(image.StubText, "f", Convert.FromHexString(code), SymbolType.Function);
    }
}
