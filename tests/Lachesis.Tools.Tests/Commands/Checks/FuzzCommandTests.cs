using System.IO;
using Lachesis.Tools.CommandLine;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Checks;

public sealed class FuzzCommandTests
{
    [Fact]
    public void A_hunt_that_finds_nothing_passes_and_says_how_much_it_tried()
    {
        (int status, string output, string error) = Run("fuzz --seed 1 --seeds 20");

        Assert.Equal((0, ""), (status, error));
        Assert.Contains("\n20 seeds from 1", output);
        Assert.Contains("choice points", output);
        Assert.EndsWith("pass fuzz: everything held\n", output);
    }

    [Fact]
    public void A_hunt_that_finds_something_fails_and_says_how_to_see_it_again()
    {
        (int status, string output, _) = Run("fuzz --seed 1 --bug SkippedCharge");

        Assert.Equal(1, status);
        Assert.Contains("--seeds 1 --bug SkippedCharge", output);
        Assert.Contains("commit ", output);
        Assert.Contains("found twice, by the same steps", output);
    }

    [Fact]
    public void A_mistake_that_there_is_not_is_bad_usage()
    {
        (int status, _, string error) = Run("fuzz --bug Gremlin");

        Assert.Equal(2, status);
        Assert.StartsWith("BUG: 'Gremlin' is not one of None, ", error);
    }

    private static (int Status, string Output, string Error) Run(string line)
    {
        StringWriter output = new();
        StringWriter error = new();
        return (Cli.Run(line.Split(' '), output, error), output.ToString(), error.ToString());
    }
}
