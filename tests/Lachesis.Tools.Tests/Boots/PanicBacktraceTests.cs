using Lachesis.Tools.Boots;
using Xunit;

namespace Lachesis.Tools.Tests.Boots;

/// <summary>Reading backtraces out of a log.</summary>
public class PanicBacktraceTests
{
    [Fact]
    public void Each_cpu_has_its_reason_its_place_and_its_callers()
    {
        string[] log =
        [
            "lachesis: 2 cpus",
            "panic: cpu 1: page fault rip 0x1000 error 0x2 cr2 0x0 rsp 0x0",
            "  rax 0x1 rbx 0x2 rcx 0x3 rdx 0x4",
            "  at 0x2000",
            "panic: cpu 0: stopped rip 0x3000 error 0x0 cr2 0x0 rsp 0x0",
        ];
        Assert.Equal(
            ["cpu 1: page fault", "  0x1000 ?", "  0x2000 ?", "cpu 0: stopped", "  0x3000 ?"], PanicBacktrace.Read(log, null));
    }

    [Theory]
    [InlineData("  at 0x1000")]
    [InlineData("panic: cpu 1: page fault")]
    [InlineData("panic: cpu 1: x rip 0x11112222333344445 error ")]
    [InlineData("hello")]
    public void Lines_that_are_no_part_of_a_panic_are_passed_over(string line) => Assert.Empty(PanicBacktrace.Read([line], null));
}
