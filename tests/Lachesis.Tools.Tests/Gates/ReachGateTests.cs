using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using Lachesis.Tools.Gates;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Tools.Tests.Gates;

public class ReachGateTests
{
    private static readonly GateProfile s_noLog = GateProfile.Kernel with
    {
        NoReach = [new ReachRule(new SymbolPattern("interrupt"), new SymbolPattern("*_Log__*"))],
    };

    [Fact]
    public void What_is_not_called_is_not_reached() => Assert.Empty(
        TestImage.Clean()
            .Call("interrupt", "kernel_Wake")
            .Call("kernel_Wake")
            .Call("kernel_Other", "kernel_Log__Write")
            .Call("kernel_Log__Write")
            .FindingsOf("reach", s_noLog));

    [Fact]
    public void The_shortest_way_is_told() => Assert.Equal(
        ["kernel_Log__Write: is reached: interrupt > kernel_Wake > kernel_Log__Write"],
        TestImage.Clean()
            .Call("interrupt", "kernel_Detour", "kernel_Wake")
            .Call("kernel_Detour", "kernel_Wake", "interrupt")
            .Call("kernel_Wake", "kernel_Log__Write")
            .Call("kernel_Log__Write", "interrupt")
            .FindingsOf("reach", s_noLog));

    [Fact]
    public void A_jump_an_address_and_running_on_are_ways()
    {
        TestImage jump = TestImage.Clean();
        jump.Compiled("interrupt", a => jump.Assembler.JmpExternal(a, "kernel_Log__Write")).Call("kernel_Log__Write");
        Assert.Single(jump.FindingsOf("reach", s_noLog));

        TestImage address = TestImage.Clean();
        address
            .Compiled("interrupt", a => { address.Assembler.LeaExternal(a, rax, "kernel_Log__Write"); a.ret(); })
            .Call("kernel_Log__Write");
        Assert.Single(address.FindingsOf("reach", s_noLog));

        Assert.Single(TestImage.Clean()
            .CompiledBytes("interrupt", [0x90])
            .CompiledBytes("kernel_Log__Write", [0xC3])
            .FindingsOf("reach", s_noLog));
    }

    [Fact]
    public void An_indirect_call_may_lead_anywhere_unless_it_is_known()
    {
        TestImage image = TestImage.Clean().Call("interrupt", "kernel_Dispatch").Compiled("kernel_Dispatch", a =>
        {
            a.call(__qword_ptr[rax]);
            a.jmp(rcx);
        });
        Assert.Equal(
            [
                "kernel_Dispatch: is reached from interrupt, and may lead anywhere: call qword ptr [rax]",
                "kernel_Dispatch+0x2: is reached from interrupt, and may lead anywhere: jmp rcx",
            ],
            image.FindingsOf("reach", s_noLog));
        Assert.Empty(image.FindingsOf("reach", s_noLog with { KnownIndirect = SymbolPattern.List("kernel_Dispatch") }));
    }

    [Fact]
    public void A_switch_stays_in_its_function() => Assert.Empty(
        TestImage.Clean().Compiled("interrupt", a =>
        {
            a.add(rax, rcx);
            a.jmp(rax);
        }).FindingsOf("reach", s_noLog));

    [Fact]
    public void An_entry_that_is_not_there_is_found() =>
        Assert.Equal(["interrupt: names no function of the image"], TestImage.Clean().FindingsOf("reach", s_noLog));

    [Fact]
    public void The_call_graph_lists_all_that_can_be_reached()
    {
        MachineCode code = TestImage.Clean().Call("a", "b").Call("b", "c").Call("c", "a").Call("d", "a").Link().Code;
        CodeFunction entry = code.Functions.Single(function => function.Name == "a");

        IReadOnlyDictionary<CodeFunction, CodeFunction?> reached = new CallGraph(code).Reach(entry);

        Assert.Equal(["a", "b", "c"], reached.Keys.Select(function => function.Name).Order());
    }

    [Theory]
    [InlineData("a=b", true)]
    [InlineData("a*=*b", true)]
    [InlineData("a", false)]
    [InlineData("=b", false)]
    [InlineData("a=", false)]
    public void Rules_have_a_form(string text, bool valid) => Assert.Equal(valid, ReachRule.Parse(text) is not null);
}
