using System;
using System.IO;
using System.Text.Json;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Tests.Manifests;
using Xunit;

namespace Lachesis.Tools.Tests.Ramdisk;

public sealed class RamdiskCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lachesis-ramdisk-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Manifest => Path.Combine(_folder, "manifest.json");

    private string Ramdisk => Path.Combine(_folder, "ramdisk");

    public RamdiskCommandTests()
    {
        File.WriteAllText(Manifest, ManifestText.WithProcess("\"grants\": [\"log\", \"spawn\"], \"argument\": \"x=1\", \"parameters\": { \"x\": {} }, \"nice\": 1"));
        File.WriteAllBytes(Path.Combine(_folder, "p.elf"), new byte[10]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_built_is_listed()
    {
        Assert.Equal(0, Run("ramdisk", Manifest, "--programs", _folder, "--out", Ramdisk));
        Assert.Equal(0, Run("ramdisk", "--list", Ramdisk));
        Assert.Contains("manifest.bin", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("log, spawn", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("x=1", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("820", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("policy fair, features runToParity, shortBursts", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_the_same()
    {
        Assert.Equal(0, Run("ramdisk", Manifest, "--programs", _folder, "--out", Ramdisk));
        Assert.Equal(0, Run("ramdisk", "--list", Ramdisk, "--json"));
        JsonElement root = JsonDocument.Parse(_output.ToString()).RootElement;
        Assert.Equal("p", root.GetProperty("files")[1].GetProperty("name").GetString());
        Assert.Equal(820, root.GetProperty("processes")[0].GetProperty("weight").GetInt32());
        Assert.Equal("fair", root.GetProperty("policy").GetString());
        Assert.Equal("spawn", root.GetProperty("processes")[0].GetProperty("grants")[1].GetString());
    }

    [Fact]
    public void A_bad_manifest_is_one_line_that_says_where()
    {
        File.WriteAllText(Manifest, ManifestText.WithProcess("\"grants\": [\"foo\"]"));
        Assert.Equal(2, Run("ramdisk", Manifest, "--programs", _folder, "--out", Ramdisk));
        Assert.Equal(
            $"{Manifest}: processes[0].grants[0]: 'foo' is not a grant; allowed: log, report, spawn, machine, policy\n",
            _error.ToString());
        Assert.False(File.Exists(Ramdisk));
    }

    [Fact]
    public void A_file_that_is_no_ramdisk_is_refused()
    {
        Assert.Equal(2, Run("ramdisk", "--list", Manifest));
        Assert.Equal($"{Manifest}: not a ramdisk that the kernel accepts\n", _error.ToString());
    }

    [Fact]
    public void Building_and_listing_exclude_each_other()
    {
        foreach (string[] arguments in (string[][])[[], [Manifest], ["--list", Ramdisk, "--out", Ramdisk]])
        {
            Assert.Equal(2, Run(["ramdisk", .. arguments]));
        }
    }

    private int Run(params string[] arguments) => Cli.Run(arguments, _output, _error);
}
