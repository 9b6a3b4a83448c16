using System;
using System.IO;
using System.Text.Json;
using Lachesis.Boot.Elf;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Tests.Elf;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Checks;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lachesis-verify-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Image => Path.Combine(_folder, "image.elf");

    private string Stubs => Path.Combine(_folder, "stubs.o");

    public VerifyCommandTests()
    {
        var stubs = new RelocatableObject();
        new StubAssembler(stubs, stubs.AddSection(".text", SectionKind.Code, 16), 64).Function("halt", a => a.hlt());
        File.WriteAllBytes(Stubs, stubs.ToBytes());
        string script = Path.Combine(_folder, "link.ld");
        File.WriteAllText(script, Linker.Script);
        Linker.Run("ld", ["-n", "-e", "halt", "-T", script, "-o", Image, Stubs]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_gate_gets_a_line()
    {
        Assert.Equal(0, Run("verify", Image, "--stubs", Stubs));
        string[] lines = _output.ToString().TrimEnd().Split('\n');
        Assert.Equal(8, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("ok   ", line, StringComparison.Ordinal));
        Assert.Contains("ok   decode: 1 functions, 1 instructions", lines);
    }

    [Fact]
    public void A_finding_fails()
    {
        Assert.Equal(1, Run("verify", Image));
        Assert.Contains(
            "FAIL privileged-instructions: 1 instructions, 1 privileged ones, 0 stubs\n       halt: not allowed outside of stubs: hlt\n",
            _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_the_same()
    {
        Assert.Equal(1, Run("verify", Image, "--json", "--path", WritePath("halt", "halt")));
        JsonElement gates = JsonDocument.Parse(_output.ToString()).RootElement;
        Assert.Equal(8, gates.GetArrayLength());
        Assert.Equal("undefined-symbols", gates[0].GetProperty("gate").GetString());
        Assert.True(gates[0].GetProperty("passed").GetBoolean());
        Assert.False(gates[5].GetProperty("passed").GetBoolean());
        Assert.Equal("halt", gates[7].GetProperty("findings")[0].GetProperty("place").GetString());
    }

    [Theory]
    [InlineData("--path", "/no/such/path.json")]
    [InlineData("--profile", "other")]
    [InlineData("--object", "/no/such/file.o")]
    public void Bad_usage_is_one_line(string option, string value)
    {
        Assert.Equal(2, Run("verify", Image, option, value));
        Assert.Single(_error.ToString().TrimEnd().Split('\n'));
        Assert.Contains(value, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_whose_loop_names_no_bound_is_one_line()
    {
        string path = WritePath("entry", "other", """ "loops": { "halt": ["words"] } """);
        Assert.Equal(2, Run("verify", Image, "--path", path));
        Assert.Equal(
            $"{path}: loops.halt[0]: 'words' is not a bound; allowed: turns\n", _error.ToString());
    }

    private string WritePath(string entry, string forbidden, string loops = """ "loops": { "halt": ["turns"] } """)
    {
        string path = Path.Combine(_folder, "path.json");
        File.WriteAllText(path, $$"""
            {
              "name": "test", "entries": ["{{entry}}"], "alone": {}, "ends": {}, "recursion": {},
              "forbidden": [{ "what": "stopping", "functions": ["{{forbidden}}"], "except": {} }],
              "bounds": { "turns": "1" }, {{loops}}
            }
            """);
        return path;
    }

    private int Run(params string[] arguments) => Cli.Run(arguments, _output, _error);
}
