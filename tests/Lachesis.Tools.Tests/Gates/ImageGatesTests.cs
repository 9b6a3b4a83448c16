using System;
using System.Linq;
using Iced.Intel;
using Lachesis.Boot.Elf;
using Lachesis.Tools.Gates;
using Lachesis.Tools.Gates.Code;
using Lachesis.Tools.Tests.Elf;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Tools.Tests.Gates;

public class ImageGatesTests
{
    [Fact]
    public void A_clean_image_passes_and_each_gate_says_what_it_looked_at()
    {
        GateResult[] results = ImageGates.Run(TestImage.Clean().Link()).ToArray();

        Assert.All(results, result => Assert.Empty(result.Findings));
        Assert.Equal(
            [
                "undefined-symbols", "runtime-helpers", "vector-registers", "segments", "stub-symbols",
                "privileged-instructions", "decode", "paths",
            ],
            results.Select(result => result.Gate));
        Assert.Equal("2 functions, 2 instructions", results[6].Checked);
        Assert.Equal("1 stubs, 1 bytes, 1 objects", results[4].Checked);
        Assert.Empty(ImageGates.Check(
            new TestImage().Compiled("main", a => a.ret()).Link().Image, GateProfile.Kernel));
    }

    [Fact]
    public void Undefined_symbols_of_objects_are_found()
    {
        TestImage image = TestImage.Clean().Call("caller", "RhpReversePInvoke", "surprise", "entry");
        image.LinkerOptions.Add("--unresolved-symbols=ignore-all");

        Assert.Equal(
            ["kernel.o: 'surprise' is undefined, and neither the stubs nor the allow-list have it"],
            image.FindingsOf("undefined-symbols"));
        GateProfile allowing = GateProfile.Kernel with { AllowedUndefined = SymbolPattern.List("Rhp*", "surprise") };
        Assert.Empty(image.FindingsOf("undefined-symbols", allowing));
    }

    [Fact]
    public void Undefined_symbols_of_the_image_are_found()
    {
        GateInput input = TestImage.Clean().Call("caller", "entry").Link();
        GateResult result = ImageGates.Run(new GateInput(input.Objects[0], input.Profile))[0];
        Assert.Equal(["kernel.o: 'entry' is undefined"], TestImage.Lines(result.Findings));
    }

    [Theory]
    [InlineData("kernel_Lachesis_Core_Thing___cctor", "a class constructor")]
    [InlineData("__GCSTATICSkernel_Lachesis_Core_Thing", "a static with references")]
    [InlineData("__THREADSTATICSkernel_Thing", "a thread static")]
    [InlineData("__InterfaceDispatchCell_kernel_IThing__Do_kernel_Caller", "an interface dispatch cell")]
    public void Data_of_the_runtime_is_found(string name, string what) => Assert.Equal(
        [$"{name}: is {what}"],
        Append(TestImage.Clean(), name).FindingsOf("runtime-helpers"));

    [Theory]
    [InlineData("__NONGCSTATICSkernel_Lachesis_Core_Thing")]
    [InlineData("__InterfaceDispatchCellSection_Start")]
    public void What_every_image_has_is_let_through(string name) =>
        Assert.Empty(Append(TestImage.Clean(), name).FindingsOf("runtime-helpers"));

    [Theory]
    [InlineData("RhpNewFast", "an allocation helper")]
    [InlineData("RhNewString", "an allocation helper")]
    [InlineData("RhpNewArrayFast", "an allocation helper")]
    [InlineData("RhpInitialDynamicInterfaceDispatch", "interface dispatch")]
    [InlineData("kernel_ClassConstructorRunner__CheckStaticClassConstructionReturnNonGCStaticBase", "the class constructor check")]
    [InlineData("RhpThrowEx", "a throw helper")]
    [InlineData("kernel_Internal_Runtime_CompilerHelpers_ThrowHelpers__ThrowOverflowException", "a throw helper")]
    public void Calls_of_the_runtime_are_found(string helper, string what)
    {
        TestImage image = TestImage.Clean().Compiled(helper, a => a.ret());
        Assert.Empty(image.FindingsOf("runtime-helpers"));
        image.Call("caller", "main", helper);
        Assert.Equal([$"caller+0x5: uses {what}: '{helper}'"], image.FindingsOf("runtime-helpers"));
    }

    [Fact]
    public void Objects_that_need_the_runtime_are_found()
    {
        TestImage image = TestImage.Clean().Stub("RhpNewFast", a => a.ret());
        image.Compiled("caller", a => image.Assembler.LeaExternal(a, rax, "RhpNewFast"));
        Assert.Equal(
            ["kernel.o: needs an allocation helper: 'RhpNewFast'", "caller: uses an allocation helper: 'RhpNewFast'"],
            image.FindingsOf("runtime-helpers"));
    }

    [Fact]
    public void Programs_may_throw_but_not_allocate()
    {
        Assert.Empty(TestImage.Clean().Compiled("RhpThrowEx", a => a.ret()).Call("caller", "RhpThrowEx")
            .FindingsOf("runtime-helpers", GateProfile.Program));
        Assert.Single(TestImage.Clean().Compiled("RhpNewFast", a => a.ret()).Call("caller", "RhpNewFast")
            .FindingsOf("runtime-helpers", GateProfile.Program));
    }

    [Fact]
    public void A_segment_both_writable_and_executable_is_found()
    {
        TestImage image = TestImage.Clean();
        image.Script = image.Script.Replace("FLAGS(5)", "FLAGS(7)", StringComparison.Ordinal);
        Assert.Equal(
            [
                "segment at 0x400000: is writable and executable",
                ".text: is code in a writable segment",
            ],
            image.FindingsOf("segments"));
    }

    [Fact]
    public void Constants_where_they_should_not_be_are_found()
    {
        TestImage image = TestImage.Clean();
        image.Script = Linker.Script.Replace(":rodata\n", ":text\n", StringComparison.Ordinal);
        Assert.Contains(".rodata: is data in an executable segment", image.FindingsOf("segments"));
        image.Script = Linker.Script.Replace("FLAGS(4)", "FLAGS(6)", StringComparison.Ordinal);
        Assert.Equal([".rodata: is read-only data in a writable segment"], image.FindingsOf("segments"));
    }

    [Fact]
    public void A_page_of_two_segments_is_found()
    {
        TestImage image = TestImage.Clean();
        image.Script = Linker.Script.Replace("ALIGN(4096)", "ALIGN(64)", StringComparison.Ordinal);
        Assert.Equal(
            [
                "segment at 0x400040: shares a page with the one before, which has other permissions",
                "segment at 0x400080: shares a page with the one before, which has other permissions",
            ],
            image.FindingsOf("segments"));
    }

    [Fact]
    public void An_executable_stack_is_found()
    {
        TestImage image = TestImage.Clean();
        image.Script = image.Script.Replace("PHDRS {", "PHDRS { stack PT_GNU_STACK FLAGS(7);", StringComparison.Ordinal);
        Assert.Equal(["stack segment: asks for an executable stack"], image.FindingsOf("segments"));
    }

    [Fact]
    public void Stubs_without_symbols_are_found()
    {
        TestImage image = TestImage.Clean();
        image.StubText.Append([0x90, 0xC3]);
        Assert.Contains(
            ".text.stubs+0x1: 2 bytes of code belong to no stub", TestImage.Lines(ImageGates.Run(image.Link())[4].Findings));
    }

    [Fact]
    public void Stubs_that_are_no_functions_or_have_no_size_are_found()
    {
        Assert.Equal(
            ["table: is in a code section, but no function"],
            TestImage.Clean().DefineStub("table", SymbolType.Object, 1).FindingsOf("stub-symbols"));
        Assert.Contains(
            "unsized: has no size",
            TestImage.Lines(ImageGates.Run(TestImage.Clean().DefineStub("unsized", SymbolType.Function, 0).Link())[4].Findings));
    }

    [Fact]
    public void Stubs_that_the_image_lacks_are_found()
    {
        GateInput linked = TestImage.Clean().Link();
        GateInput other = TestImage.Clean().Stub("more", a => a.hlt()).Link();
        GateResult result = ImageGates.Run(new GateInput(linked.Image, linked.Profile, linked.Objects, other.Stubs))[4];
        Assert.Equal(["more: is not in the image as it is in the object"], TestImage.Lines(result.Findings));
    }

    private static TestImage Append(TestImage image, string name) =>
        image.Define(image.Variables, name, [0, 0, 0, 0], SymbolType.Object);
}
