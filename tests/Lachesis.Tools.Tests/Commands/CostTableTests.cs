using System.IO;
using Lachesis.Tools.Commands;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

public sealed class CostTableTests
{
    [Fact]
    public void The_readme_shows_the_accepted_figures()
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Assert.Equal(0, Cli.Run(["costs", "--markdown"], output, error));
        Assert.Contains(output.ToString(), File.ReadAllText(Path.Combine(Repository.Root, "README.md")));
    }
}
