using System;
using System.IO;
using Lachesis.Tools.CommandLine;
using Xunit;

namespace Lachesis.Tools.Tests.CommandLine;

/// <summary>What the tool did wrong is one line for the user, with the trace in a file.</summary>
public sealed class InternalErrorTests
{
    [Fact]
    public void It_is_one_line_that_names_the_file_with_the_trace()
    {
        string mark = Guid.NewGuid().ToString();
        string line = InternalError.Describe(Thrown($"a \x1b[31mmessage {mark}\nof two lines"));

        Assert.StartsWith($"internal error: InvalidOperationException: a ?[31mmessage {mark}; please report it with ", line);
        Assert.DoesNotContain(line, char.IsControl);
        string log = File.ReadAllText(line.Split("please report it with ")[1]);
        Assert.Contains(mark, log);
        Assert.Contains(nameof(Thrown), log);
    }

    [Fact]
    public void What_a_task_threw_is_named_itself() => Assert.StartsWith(
        "internal error: InvalidOperationException: inner; ",
        InternalError.Describe(new AggregateException(new AggregateException(Thrown("inner")))));

    [Fact]
    public void Lines_end_at_whatever_ends_a_line() =>
        Assert.All(["a\nb", "a\r\nb", "a\rb", "a"], text => Assert.Equal("a", InternalError.FirstLine(text)));

    private static Exception Thrown(string message)
    {
        try
        {
            throw new InvalidOperationException(message);
        }
        catch (InvalidOperationException problem)
        {
            return problem;
        }
    }
}
