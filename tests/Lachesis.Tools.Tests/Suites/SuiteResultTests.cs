using System;
using System.Linq;
using Lachesis.Tools.Suites;
using Xunit;

namespace Lachesis.Tools.Tests.Suites;

public sealed class SuiteResultTests
{
    [Theory]
    [InlineData("3 passed, 0 failed", 0, 3, 0, 0, "")]
    [InlineData("1 passed, 0 failed\n5 passed, 2 failed, 1 skipped", 1, 5, 2, 1, "")]
    [InlineData("Passed!  - Failed:     0, Passed:    56, Skipped:     1, Total:    57, Duration: 6 s", 0, 56, 0, 1, "")]
    [InlineData("Failed!  - Failed:     2, Passed:     1, Skipped:     0, Total:     3", 1, 1, 2, 0, "")]
    [InlineData("3 passed, 0 failed, 2 skipped", 3, 3, 0, 2, "")]
    [InlineData("", 0, 1, 0, 0, "")]
    [InlineData("", 3, 0, 0, 1, "")]
    [InlineData("", 139, 0, 1, 0, "exit status 139")]
    [InlineData("3 passed, 0 failed", 139, 3, 1, 0, "exit status 139, though it counts no failure")]
    [InlineData("3 passed, 1 failed", 139, 3, 1, 0, "")]
    public void Counts_and_status_make_the_result(string output, int status, int passed, int failed, int skipped, string reason) =>
        Assert.Equal(new SuiteResult(passed, failed, skipped, reason), SuiteResult.Of(output.Split('\n'), status));

    [Fact]
    public void A_suite_that_was_stopped_has_failed_whatever_it_counted()
    {
        Assert.Equal(new SuiteResult(3, 1, 0, "hangs"), SuiteResult.Of(["3 passed, 0 failed"], 0, "hangs"));
        Assert.Equal(new SuiteResult(0, 1, 0, "hangs"), SuiteResult.Of([], 0, "hangs"));
    }

    [Fact]
    public void An_excerpt_is_each_failure_with_its_message_and_stack() => Assert.Equal(
        """
          Failed N.T.A [1 ms]
          Error Message:
           no
          Stack Trace:
             at N.T.A()
          Failed N.T.B [1 ms]
          Error Message:
           neither
        """.Split('\n'),
        FailureExcerpt.Of("""
        Starting test execution
          Failed N.T.A [1 ms]
          Error Message:
           no
          Stack Trace:
             at N.T.A()

          Passed N.T.C [1 ms]
          Failed N.T.B [1 ms]
          Error Message:
           neither

        Failed!  - Failed:     2, Passed:     1, Skipped:     0
        """.Split('\n')));

    [Theory]
    [InlineData("pass a\nfail b: because\n  #0 Some.Where\npass c\n1 passed, 1 failed", "fail b: because\n  #0 Some.Where")]
    [InlineData("held x\nFAILED y\nheld z", "FAILED y")]
    [InlineData("a/B.cs(1,2): error CS0103: no such name\nmore", "a/B.cs(1,2): error CS0103: no such name")]
    [InlineData("x\ny", "x\ny")]
    public void An_excerpt_of_other_output_is_what_says_that_it_failed_or_else_the_end(string output, string excerpt) =>
        Assert.Equal(excerpt.Split('\n'), FailureExcerpt.Of(output.Split('\n')));

    [Fact]
    public void An_excerpt_is_bounded() => Assert.InRange(
        FailureExcerpt.Of([.. Enumerable.Repeat("fail x", 1000)]).Count, 100, 130);
}
