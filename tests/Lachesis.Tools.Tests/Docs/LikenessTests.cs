using System.Linq;
using Lachesis.Tools.Docs;
using Xunit;

namespace Lachesis.Tools.Tests.Docs;

public sealed class LikenessTests
{
    [Theory]
    [InlineData("run 5", "run 5", Variation.Nothing, true)]
    [InlineData("run 5", "run 6", Variation.Nothing, false)]
    [InlineData("run  5", "run 5", Variation.Nothing, false)]
    [InlineData("artifacts/x/20261128-032806-509-20274/y", "artifacts/x/20270101-000000-000-1/y", Variation.Nothing, true)]
    [InlineData("run  5", "run 1,234.5%", Variation.Figures, true)]
    [InlineData("run 5", "ran 5", Variation.Figures, false)]
    [InlineData("run 5", "run five", Variation.Figures, false)]
    [InlineData("x86 5", "x87 5", Variation.Figures, false)]
    [InlineData("a ───", "a ──────", Variation.Figures, true)]
    [InlineData("at 0xffff8000015bf000 5", "at 0xffff800001600000 5", Variation.Addresses, true)]
    [InlineData("at 0xffff8000015bf000 5", "at 0xffff800001600000 6", Variation.Addresses, false)]
    [InlineData("kernel/Entry.cs:21 x", "kernel/Entry.cs:40 x", Variation.Lines, true)]
    [InlineData("kernel/Entry.cs:21 x", "kernel/Exit.cs:21 x", Variation.Lines, false)]
    [InlineData("21\tEnter(cpu)", "22\tEnter(cpu)", Variation.Lines, true)]
    [InlineData("21\tEnter(cpu)", "21\tLeave(cpu)", Variation.Lines, false)]
    [InlineData("a\npass x: good", "a\ninconclusive x: the host is busy", Variation.Verdict, true)]
    [InlineData("a\npass x: good", "a\nfail x: wrong", Variation.Verdict, false)]
    [InlineData("a\npass x: good", "b\ninconclusive x: the host is busy", Variation.Verdict, false)]
    [InlineData("a\npass x: good", "a\npass x: better", Variation.Verdict, false)]
    [InlineData("long line\nbroken 5", "long line broken 5", Variation.Figures, true)]
    [InlineData("one\ntwo", "one", Variation.Nothing, false)]
    [InlineData("one", "one\ntwo", Variation.Nothing, false)]
    [InlineData("one", "one\ntwo", Variation.Figures, false)]
    public void Only_what_may_vary_does_not_count(string shown, string printed, Variation varying, bool alike) =>
        Assert.Equal(alike, OutputComparison.FirstDifference(shown.Split('\n'), printed.Split('\n'), varying) is null);

    [Fact]
    public void The_first_difference_is_told_by_both_lines() =>
        Assert.Equal(
            ("two  2", "three 3"),
            OutputComparison.FirstDifference(["one 1", "two  2", "four"], ["one 8", "three 3", "four"], Variation.Figures));

    [Theory]
    [InlineData("short", "short")]
    [InlineData("a line of words", "a line of|words")]
    [InlineData("unbreakable-as-it-is", "unbreakable-as-it-is")]
    [InlineData("  indented-and-long", "  indented-and-long")]
    public void Long_lines_are_broken_at_spaces(string line, string expected) =>
        Assert.Equal(expected.Split('|'), OutputComparison.Wrap([line], 9).ToArray());
}
