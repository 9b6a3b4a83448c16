using System;
using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace Lachesis.Simulator.Tests;

/// <summary>The hunt itself. The same seeds every time: whoever changes the core gets other runs of them; `make fuzz` tries
/// others.</summary>
public sealed class HuntTests(ITestOutputHelper output)
{
    private const long Least = 10_000_000;

    [Fact]
    public void Ten_million_choice_points_and_ten_million_dispatches_show_nothing_wrong()
    {
        HuntResult result = Hunter.Hunt(new HuntOptions
        {
            Points = Least,
            Dispatches = Least,
            Time = TimeSpan.FromMinutes(4),
        });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result}"));
        Assert.True(result.Failure == null, $"{result.Failure}");
        Assert.True(result.Points >= Least, $"only {result.Points} choice points");
        Assert.True(result.Dispatches >= Least, $"only {result.Dispatches} dispatches");
    }
}
