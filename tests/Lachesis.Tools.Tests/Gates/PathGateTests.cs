using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using Lachesis.Boot.Elf;
using Lachesis.Tools.Gates;
using Lachesis.Tools.Gates.Code;
using Lachesis.Tools.Gates.Rules;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Tools.Tests.Gates;

/// <summary>Each promise about a path, with an image that keeps it and one that breaks it.</summary>
public class PathGateTests
{
    private const string Write = "kernel_Log__Write";

    private static readonly PathPromise s_path = new()
    {
        Name = "ipc",
        Entries = SymbolPattern.List("entry_call"),
        Forbidden = [new Forbidden("output", SymbolPattern.List("Log.*"), new Dictionary<SymbolPattern, string>())],
    };

    [Fact]
    public void What_is_not_called_is_not_reached() => Assert.Empty(Findings(
        Image().Call("entry_call", "kernel_Wake").Call("kernel_Wake").Call("kernel_Other", Write), s_path));

    [Fact]
    public void The_shortest_way_to_what_is_forbidden_is_told() => Assert.Equal(
        ["Log.Write: output on the path ipc: entry_call > Wakes.Wake > Log.Write"],
        Findings(
            Image()
                .Call("entry_call", "kernel_Detour", "kernel_Sched_Wakes_1<kernel_Arch_Machine>__Wake")
                .Call("kernel_Detour", "kernel_Sched_Wakes_1<kernel_Arch_Machine>__Wake")
                .Call("kernel_Sched_Wakes_1<kernel_Arch_Machine>__Wake", Write), s_path));

    [Fact]
    public void A_jump_an_address_and_running_on_are_ways()
    {
        TestImage jump = Image();
        jump.Compiled("entry_call", a => jump.Assembler.JmpExternal(a, Write));
        Assert.Single(Findings(jump, s_path));

        TestImage address = Image();
        address.Compiled("entry_call", a => { address.Assembler.LeaExternal(a, rax, Write); a.ret(); });
        Assert.Single(Findings(address, s_path));

        Assert.Single(Findings(
            TestImage.Clean().CompiledBytes("entry_call", [0x90]).CompiledBytes(Write, [0xC3]), s_path));
    }

    [Fact]
    public void An_excused_caller_may_call_what_is_forbidden_and_others_may_not()
    {
        PathPromise excusing = s_path with
        {
            Forbidden = [s_path.Forbidden[0] with { Except = Reasons("Grow") }],
        };
        TestImage image = Image().Call("Grow", Write).Call("entry_call", "Grow");
        Assert.Empty(Findings(image, excusing));

        Assert.Equal(
            ["Log.Write: output on the path ipc: entry_call > Log.Write"],
            Findings(Image().Call("Grow", Write).Call("entry_call", "Grow", Write), excusing));
        Assert.Equal(
            ["Grow: is excused for output on the path ipc, and does not need it"],
            Findings(Image().Call("Grow", Write).Call("entry_call"), excusing));
    }

    [Fact]
    public void A_path_is_over_only_where_nothing_returns()
    {
        PathPromise ending = s_path with { NeverReturning = Reasons("Panic") };
        TestImage image = Image().Stub("halt", a => { Label again = a.CreateLabel(); a.Label(ref again); a.jmp(again); });
        Assert.Empty(Findings(image.Call("Panic", Write, "halt").Call("entry_call", "Panic"), ending));

        Assert.Equal(
            ["Panic: the path ipc is said to end here, but it can return"],
            Findings(Image().Call("Panic", Write).Call("entry_call", "Panic"), ending));
    }

    [Fact]
    public void A_function_that_is_looked_at_alone_counts_without_what_it_calls()
    {
        PathPromise alone = s_path with { OwnCodeOnly = Reasons("kernel_Table") };
        Assert.Empty(Findings(Image().Call("kernel_Table", Write).Call("entry_call", "kernel_Table"), alone));

        TestImage saving = Image().Stub("kernel_Table", a => { a.fxsave(__[rax]); a.ret(); }).Call("entry_call");
        Assert.Equal(
            ["kernel_Table: saves vector state on the path ipc: fxsave [rax]"], Findings(saving, alone));
    }

    [Fact]
    public void An_indirect_call_may_lead_anywhere()
    {
        TestImage image = Image().Call("entry_call", "Dispatch").Compiled("Dispatch", a =>
        {
            a.call(__qword_ptr[rax]);
            a.add(rcx, rdx);
            a.jmp(rcx);
        });
        Assert.Equal(
            [
                "Dispatch+0x5: is on the path ipc, and may lead anywhere: jmp rcx",
                "Dispatch: is on the path ipc, and may lead anywhere: call qword ptr [rax]",
            ],
            Findings(image, s_path));
    }

    [Fact]
    public void A_switch_stays_in_its_function()
    {
        TestImage image = Image();
        image.Define(image.Constants, "table", [0, 0, 0, 0, 1, 0, 0, 0], SymbolType.Object);
        image.Compiled("entry_call", a =>
        {
            Label here = a.CreateLabel();
            Label other = a.CreateLabel();
            a.cmp(edi, 1);
            a.ja(other);
            a.mov(eax, edi);
            image.Assembler.LeaExternal(a, rcx, "table");
            a.mov(ecx, __dword_ptr[rcx + rax * 4]);
            a.lea(rdx, __[here]);
            a.add(rcx, rdx);
            a.jmp(rcx);
            a.Label(ref here);
            a.nop();
            a.Label(ref other);
            a.ret();
        });
        Assert.Empty(Findings(image, s_path));
    }

    [Fact]
    public void A_loop_needs_a_bound()
    {
        PathPromise bounded = s_path with
        {
            Bounds = new Dictionary<string, string> { ["words"] = "60" },
            Loops = new Dictionary<SymbolPattern, IReadOnlyList<string>> { [new("Copy")] = ["words"] },
        };
        Assert.Equal(
            ["Copy: 1 loops on the path ipc, bounds are stated of 0; they begin at +0x1"],
            Findings(Looping(nested: false), s_path));
        Assert.Empty(Findings(Looping(nested: false), bounded));
        Assert.Equal(
            ["Copy: 2 loops on the path ipc, bounds are stated of 1; they begin at +0x1 +0x2"],
            Findings(Looping(nested: true), bounded));
        Assert.Equal(
            ["Copy: 0 loops on the path ipc, bounds are stated of 1; they begin at"],
            Findings(Image().Call("Copy").Call("entry_call", "Copy"), bounded));
        Assert.Equal(
            ["Copy: has loops stated for the path ipc, which does not reach it"],
            Findings(Image().Call("entry_call"), bounded));
    }

    [Fact]
    public void An_instruction_that_repeats_itself_is_a_loop() => Assert.Single(Findings(
        Image().Compiled("entry_call", a => { a.rep.stosq(); a.ret(); }), s_path));

    [Fact]
    public void Coming_round_by_calls_needs_a_bound()
    {
        TestImage itself = Image();
        itself.Call("entry_call", "Split").Call("Split", "Split");
        Assert.Equal(["ipc: recursion without a stated bound: Split > Split"], Findings(itself, s_path));
        Assert.Empty(Findings(itself, s_path with { Recursion = Reasons("Split") }));

        TestImage round = Image().Call("entry_call", "Drop").Call("Drop", "Destroy").Call("Destroy", "Drop");
        Assert.Equal(["ipc: recursion without a stated bound: Drop > Destroy > Drop"], Findings(round, s_path));
        Assert.Empty(Findings(round, s_path with { Recursion = Reasons("Drop") }));
        Assert.Equal(
            ["ipc: recursion through 'Drop' is stated, and there is none"],
            Findings(Image().Call("entry_call", "Drop").Call("Drop"), s_path with { Recursion = Reasons("Drop") }));
    }

    [Fact]
    public void A_vector_register_may_be_used_but_not_kept()
    {
        Assert.Empty(Findings(Image().Compiled("entry_call", a =>
        {
            a.pxor(xmm0, xmm0);
            a.movups(__xmmword_ptr[rax], xmm0);
            a.movups(xmm1, __xmmword_ptr[rax]);
            a.movups(__xmmword_ptr[rcx], xmm1);
            a.ret();
        }), s_path));

        Assert.Equal(
            ["entry_call: saves vector state on the path ipc: movups [rax],xmm0"],
            Findings(Image().Compiled("entry_call", a => { a.movups(__xmmword_ptr[rax], xmm0); a.ret(); }), s_path));
    }

    [Fact]
    public void What_a_call_leaves_or_one_way_only_writes_is_not_ones_own()
    {
        TestImage image = Image().Call("Other");
        image.Compiled("entry_call", a =>
        {
            Label join = a.CreateLabel();
            a.pxor(xmm0, xmm0);
            a.test(eax, eax);
            a.je(join);
            a.pxor(xmm1, xmm1);
            a.Label(ref join);
            a.movups(__xmmword_ptr[rax], xmm0);
            a.movups(__xmmword_ptr[rax], xmm1);
            image.Assembler.CallExternal(a, "Other");
            a.movups(__xmmword_ptr[rax], xmm0);
            a.ret();
        });
        Assert.Equal(
            [
                "entry_call+0xf: saves vector state on the path ipc: movups [rax],xmm1",
                "entry_call+0x17: saves vector state on the path ipc: movups [rax],xmm0",
            ],
            Findings(image, s_path));
    }

    [Fact]
    public void Names_that_are_not_there_are_found() => Assert.Equal(
        ["entry_call: names no function of the image", "Log.*: names no function of the image"],
        Findings(TestImage.Clean(), s_path));

    [Theory]
    [InlineData("kernel_Lachesis_Core_Ipc_Ipc_1<kernel_Lachesis_Arch_X64_X64Machine>__Answer", "Ipc.Answer")]
    [InlineData("kernel_Lachesis_Core_Memory_PageAllocator__Take<kernel_Lachesis_Arch_X64_X64Machine>", "PageAllocator.Take")]
    [InlineData("kernel_Lachesis_Core_Sched_PerCpuRunQueue__get_First", "PerCpuRunQueue.get_First")]
    [InlineData("system_call_entry", "system_call_entry")]
    [InlineData("__security_cookie", "__security_cookie")]
    public void Functions_go_by_their_source_names(string symbol, string name) => Assert.Equal(name, SourceName.Of(symbol));

    private static TestImage Image() => TestImage.Clean().Call(Write);

    private static TestImage Looping(bool nested) => Image().Call("entry_call", "Copy").Compiled("Copy", a =>
    {
        Label outer = a.CreateLabel();
        Label inner = a.CreateLabel();
        a.nop();
        a.Label(ref outer);
        a.nop();
        a.Label(ref inner);
        a.nop();
        if (nested)
        {
            a.dec(eax);
            a.jne(inner);
        }

        a.dec(ecx);
        a.jne(outer);
        a.ret();
    });

    private static string[] Findings(TestImage image, PathPromise path) =>
        image.FindingsOf("paths", GateProfile.Kernel with { Paths = [path] });

    private static Dictionary<SymbolPattern, string> Reasons(string name) =>
        new() { [new SymbolPattern(name)] = "for a reason" };
}
