using System.IO;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Costs;

/// <summary>What documents show of accepted figures is what a command prints of them.</summary>
public sealed class CostTableTests
{
    [Theory]
    [InlineData("costs", "README.md")]
    [InlineData("queues", "docs/benchmarks.md")]
    public void A_document_shows_the_accepted_figures(string command, string document)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Assert.Equal(0, Cli.Run([command, "--markdown"], output, error));
        Assert.Contains(output.ToString(), File.ReadAllText(Path.Combine(Repository.Root, document)));
    }
}
