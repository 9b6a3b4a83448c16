using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Ramdisk;
using Lachesis.Tools.Tests.Manifests;
using Xunit;

namespace Lachesis.Tools.Tests.Ramdisk;

public sealed class RamdiskBuilderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lachesis-ramdisk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_goes_in_comes_out()
    {
        AddProgram("one", 5000);
        AddProgram("two", 4096);
        AddProgram("three", 1);
        ManifestDocument manifest = ManifestText.Parse("""
            {
              "name": "m", "pools": { "threads": 300, "processes": 20, "rings": 7 }, "sliceNs": 50000, "policy": "roundRobin", "features": [], "programs": ["three"],
              "processes": [
                { "program": "two", "argument": "zwei é", "grants": ["log", "spawn"], "cpus": [1] },
                { "program": "one", "nice": -20, "requestNs": 300000, "quantumNs": 40000, "priority": 7, "service": 1, "session": 2 },
                { "program": "two", "argument": "again" },
              ]
            }
            """);

        manifest.Processes[1].Data = [1, 2, 3];
        byte[] bytes = RamdiskBuilder.Build(manifest, _folder);
        RamdiskImage image = RamdiskImage.Open(bytes);

        Assert.Equal([RamdiskBuilder.ManifestName, "two", "one", "three", "data.1"], image.Files.Select(file => file.Name));
        Assert.All(image.Files, file => Assert.Equal(0ul, file.Offset % RamdiskHeader.FileAlignment));
        Assert.Equal(Content("one", 5000), image.Files[2].Content.ToArray());
        Assert.Equal([1, 2, 3], image.Files[4].Content.ToArray());
        Assert.Equal((300u, 20u, 7u, 0u), (image.Pools.Threads, image.Pools.Processes, image.Pools.Rings, image.Pools.Timers));
        Assert.Equal(50_000u, image.SliceNs);
        Assert.Equal((SchedulingPolicy.RoundRobin, FairFeatures.None), (image.Policy, image.Features));
        Assert.Equal(
            [
                new RamdiskProcess("two", Grants.Log | Grants.Spawn, 2, "zwei é"),
                new RamdiskProcess("one", Grants.None, ulong.MaxValue, "")
                {
                    Weight = 88_761,
                    RequestNs = 300_000,
                    QuantumNs = 40_000,
                    Priority = 7,
                    Service = 1,
                    Session = 2,
                    Data = "data.1",
                },
                new RamdiskProcess("two", Grants.None, ulong.MaxValue, "again"),
            ],
            image.Processes);
        Assert.Equal(bytes, RamdiskBuilder.Build(manifest, _folder));
    }

    [Fact]
    public void A_missing_program_is_named()
    {
        AddProgram("p", 1);
        ManifestDocument manifest = ManifestText.Parse(ManifestText.With("\"programs\": [\"gone\"]"));

        string message = Assert.Throws<ManifestException>(() => RamdiskBuilder.Build(manifest, _folder)).Message;

        string path = Path.Combine(_folder, "gone.elf");
        Assert.Equal(
            $"{ManifestText.Source}: programs[0]: there is no program 'gone': {path} does not exist", message);
    }

    [Fact]
    public void An_empty_program_is_named()
    {
        AddProgram("p", 0);
        string message = Assert.Throws<ManifestException>(
            () => RamdiskBuilder.Build(ManifestText.Parse(ManifestText.Smallest), _folder)).Message;
        Assert.Equal($"{ManifestText.Source}: processes[0].program: {Path.Combine(_folder, "p.elf")} is empty", message);
    }

    [Fact]
    public void Changes_are_checked_before_building()
    {
        AddProgram("p", 1);
        ManifestDocument manifest = ManifestText.Parse(ManifestText.Smallest);
        manifest.Processes[0].Argument = new string('x', ProgramStart.MaxArgument + 1);
        Assert.Throws<ManifestException>(() => RamdiskBuilder.Build(manifest, _folder));
    }

    [Fact]
    public void Whatever_is_packed_the_kernel_accepts() =>
        Prop.ForAll(
            Gen.Choose(1, 9000).ArrayOf().Where(sizes => sizes.Length < 20).ToArbitrary(),
            Gen.Choose(0, ProgramStart.MaxArgument).ToArbitrary(),
            (sizes, argument) =>
            {
                AddProgram("p", 100);
                for (int i = 0; i < sizes.Length; i++)
                {
                    AddProgram($"q{i}", sizes[i]);
                }

                string programs = string.Join(", ", sizes.Select((_, i) => $"\"q{i}\""));
                ManifestDocument manifest = ManifestText.Parse(ManifestText.With($"\"programs\": [{programs}]"));
                manifest.Processes[0].Argument = new string('x', argument);
                RamdiskImage image = RamdiskImage.Open(RamdiskBuilder.Build(manifest, _folder));
                Assert.Equal(sizes, image.Files.Skip(2).Select(file => file.Content.Length));
                Assert.Equal(argument, image.Processes[0].Argument.Length);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void A_ramdisk_that_the_kernel_would_refuse_is_refused()
    {
        AddProgram("p", 10);
        byte[] bytes = RamdiskBuilder.Build(ManifestText.Parse(ManifestText.Smallest), _folder);

        Assert.Throws<RamdiskException>(() => RamdiskImage.Open([]));
        Assert.Throws<RamdiskException>(() => RamdiskImage.Open(bytes.AsSpan(0, bytes.Length - 1)));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(RamdiskHeader.FileAlignment), 0);
        Assert.Contains(
            "not a manifest", Assert.Throws<RamdiskException>(() => RamdiskImage.Open(bytes)).Message, StringComparison.Ordinal);
    }

    private void AddProgram(string name, int bytes) =>
        File.WriteAllBytes(Path.Combine(_folder, name + ".elf"), Content(name, bytes));

    private static byte[] Content(string name, int bytes)
    {
        byte[] content = new byte[bytes];
        new Random(name.Length + bytes).NextBytes(content);
        return content;
    }
}
