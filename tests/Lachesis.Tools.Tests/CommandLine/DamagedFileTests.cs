using System;
using System.IO;
using System.Linq;
using Lachesis.Boot.Elf;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Ramdisk;
using Lachesis.Tools.Tests.Manifests;
using Lachesis.Tools.Tests.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.CommandLine;

/// <summary>Files that were cut off or changed on the way: whatever is in them, the tool says what is wrong, in one line.</summary>
public sealed class DamagedFileTests : IDisposable
{
    private const int Changes = 200;

    private readonly string _folder = Directory.CreateTempSubdirectory("lachesis-damaged-").FullName;

    private string Damaged => Path.Combine(_folder, "damaged");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Reports_are_shown_as_far_as_they_go() => Damage(ReportWriter.Passing().Bytes, 1, ["report", Damaged]);

    [Fact]
    public void Ramdisks_are_refused()
    {
        File.WriteAllBytes(Path.Combine(_folder, "p.elf"), new byte[10]);
        ManifestDocument manifest = ManifestText.Parse(ManifestText.WithProcess("\"grants\": [\"log\"], \"argument\": \"x=1\""));

        // Whole pages of zeroes follow, of which none is read.
        Damage(RamdiskBuilder.Build(manifest, _folder).Take(3000).ToArray(), 2, ["ramdisk", "--list", Damaged]);
    }

    [Fact]
    public void Images_are_refused()
    {
        var stubs = new RelocatableObject();
        new StubAssembler(stubs, stubs.AddSection(".text", SectionKind.Code, 16), 64).Function("halt", a => a.hlt());
        Damage(stubs.ToBytes(), 2, ["verify", Damaged, "--object", Damaged, "--stubs", Damaged]);
    }

    // Cut off anywhere, and with a few bytes changed: passes, fails with findings, or is refused in one line.
    private void Damage(byte[] whole, int cutInHalf, string[] line)
    {
        Random random = new(whole.Length);
        for (int i = 0; i < Changes; i++)
        {
            byte[] bytes = random.Next(3) == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            for (int change = random.Next(4); change > 0 && bytes.Length > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(Damaged, bytes);
            (int status, string error) = Run(line);
            Assert.True(status is 0 or 1 or 2, $"status {status}: {error}");
            Assert.True(status != 2 || error.IndexOf('\n') == error.Length - 1, error);
            Assert.DoesNotContain("internal error", error);
        }

        File.WriteAllBytes(Damaged, whole[..(whole.Length / 2)]);
        Assert.Equal(cutInHalf, Run(line).Status);
    }

    private static (int Status, string Error) Run(string[] line)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int status = Cli.Run(line, output, error);
        return (status, error.ToString());
    }
}
