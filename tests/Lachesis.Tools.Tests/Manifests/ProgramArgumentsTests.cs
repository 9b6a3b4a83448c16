using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Tests.Commands;
using Xunit;

namespace Lachesis.Tools.Tests.Manifests;

/// <summary>What programs understand in their argument strings, as their manifests declare it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ProgramArgumentsTests
{
    private const string Declared = """
        "parameters": { "calls": { "least": 1, "most": 100, "variable": "CALLS" }, "seed": { "most": 9 }, "shapes": {} }
        """;

    [Theory]
    [InlineData("")]
    [InlineData("calls=1")]
    [InlineData("seed=9 shapes=1x1,2x2 calls=100")]
    public void What_is_declared_is_taken(string argument) => Assert.Null(Complaint(argument));

    [Theory]
    [InlineData("calls=abc", "CALLS: 'abc' is not a whole number from 1 to 100 (calls=)")]
    [InlineData("calls=-5", "CALLS: '-5' is not a whole number from 1 to 100 (calls=)")]
    [InlineData("calls=", "CALLS: '' is not a whole number from 1 to 100 (calls=)")]
    [InlineData("calls=1.5", "CALLS: '1.5' is not a whole number from 1 to 100 (calls=)")]
    [InlineData("calls=101", "CALLS: '101' is not a whole number from 1 to 100 (calls=)")]
    [InlineData("seed=99999999999999999999", "seed: '99999999999999999999' is not a whole number from 0 to 9 (seed=)")]
    [InlineData("calls=\n", "CALLS: '?' is not a whole number from 1 to 100 (calls=)")]
    [InlineData("shapes=", "shapes: the value is missing (shapes=)")]
    [InlineData("calls=1 calls=2", "CALLS: given more than once (calls=)")]
    [InlineData("call=1", "'call=1' is nothing that p understands; parameters: calls=, seed=, shapes=")]
    [InlineData("calls", "'calls' is nothing that p understands; parameters: calls=, seed=, shapes=")]
    public void Anything_else_is_one_line_that_names_it(string argument, string complaint) =>
        Assert.Equal(complaint, Complaint(argument));

    [Fact]
    public void A_manifest_that_declares_nothing_takes_nothing() => Assert.Equal(
        "'x=1' is nothing that p understands; the manifest declares no parameters",
        ProgramArguments.ErrorFor(ManifestText.Parse(ManifestText.Smallest).Processes[0], "x=1"));

    [Fact]
    public void A_manifests_own_argument_is_checked_too()
    {
        ManifestDocument document = ManifestText.Parse(ManifestText.WithProcess(Declared + ", \"argument\": \"calls=0\""));

        Assert.Equal(
            "smoke/manifest.json: processes[0].argument: CALLS: '0' is not a whole number from 1 to 100 (calls=)",
            Assert.Throws<ManifestException>(document.CheckArguments).Message);
    }

    [Theory]
    [InlineData("\"parameters\": [ ]", "processes[0].parameters: must be an object: what each name=value of the argument may be")]
    [InlineData("\"parameters\": { \"a\": { \"least\": -1 } }", "processes[0].parameters.a.least: -1 is not a whole number from 0 to 9223372036854775807")]
    [InlineData("\"parameters\": { \"a\": { \"least\": 5, \"most\": 4 } }", "processes[0].parameters.a.most: 4 is not a whole number from 5 to 9223372036854775807")]
    [InlineData("\"parameters\": { \"a\": {}, \"a\": {} }", "processes[0].parameters.a: occurs twice")]
    [InlineData("\"parameters\": { \"a\": { \"max\": 1 } }", "processes[0].parameters.a: 'max' is not a field; allowed: least, most, variable")]
    public void What_is_declared_wrongly_is_refused(string fields, string error) =>
        Assert.Equal(error, ManifestText.ErrorOf(ManifestText.WithProcess(fields)));

    [Theory]
    [InlineData("--argument x=y", "x: 'y' is not a whole number from 0 to 9 (x=)")]
    [InlineData("--argument z=1", "'z=1' is nothing that p understands; parameters: x=")]
    public void The_command_refuses_before_it_boots(string option, string complaint)
    {
        using FakeRepository repository = new();
        repository.AddManifest("tests/guest/probe");
        (int status, string output, string error) = repository.Run("run tests/guest/probe/manifest.json " + option);

        Assert.Equal((2, "", complaint + "\n"), (status, output, error));
        Assert.False(Directory.Exists(repository.PathOf("artifacts/probe")));
    }

    [Fact]
    public void Every_manifest_of_this_repository_understands_itself()
    {
        string root = Tools.Evidence.Repository.Root;
        string[] manifests =
        [
            .. new[] { "tests/guest", "bench/guest" }.SelectMany(folder =>
                Directory.GetFiles(Path.Combine(root, folder), "manifest.json", SearchOption.AllDirectories)),
        ];

        Assert.NotEmpty(manifests);
        Assert.All(manifests, static path => ManifestDocument.Load(path));
    }

    private static string? Complaint(string argument) =>
        ProgramArguments.ErrorFor(ManifestText.Parse(ManifestText.WithProcess(Declared)).Processes[0], argument);
}
