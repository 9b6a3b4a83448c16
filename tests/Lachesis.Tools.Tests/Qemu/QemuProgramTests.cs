using System;
using System.IO;
using System.Runtime.Versioning;
using Lachesis.Tools.Qemu;
using Xunit;

namespace Lachesis.Tools.Tests.Qemu;

[UnsupportedOSPlatform("windows")]
public sealed class QemuProgramTests : IDisposable
{
    private readonly FakeQemu _qemu = new("exit 0");

    public void Dispose() => _qemu.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Nobody_names_one_and_the_path_is_searched_for_the_usual_name(string? named) =>
        Assert.Equal("qemu-system-x86_64", QemuProgram.Choose(named));

    [Fact]
    public void One_that_says_that_it_is_a_QEMU_is_taken() => Assert.Equal(_qemu.Program, QemuProgram.Choose(_qemu.Program));

    [Theory]
    [InlineData("/no/such/qemu", "does not exist")]
    [InlineData("no-such-qemu", "does not exist")]
    [InlineData("/usr/bin", "is a folder")]
    [InlineData("/etc/passwd", "is not executable")]
    [InlineData("/bin/true", "does not say that it is a QEMU")]
    [InlineData("/bin/cat", "does not say that it is a QEMU")]
    public void Anything_else_is_bad_usage_and_the_line_says_why(string named, string why)
    {
        ToolException problem = Assert.Throws<ToolException>(() => QemuProgram.Choose(named));

        Assert.Equal(($"QEMU: '{named}' {why} (--qemu)", ToolException.BadUsage), (problem.Message, problem.Status));
    }

    [Fact]
    public void A_file_that_no_host_can_run_is_no_QEMU()
    {
        string path = Path.Combine(_qemu.Folder, "garbage");
        File.WriteAllBytes(path, [0x7F, (byte)'E', (byte)'L', (byte)'F', 0, 0]);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.EndsWith("does not say that it is a QEMU (--qemu)", Assert.Throws<ToolException>(() => QemuProgram.Choose(path)).Message);
    }

    [Fact]
    public void A_package_that_was_only_unpacked_brings_its_data_through_links_too()
    {
        string bin = Directory.CreateDirectory(Path.Combine(_qemu.Folder, "usr/bin")).FullName;
        string own = Directory.CreateDirectory(Path.Combine(_qemu.Folder, "usr/share/qemu")).FullName;
        string firmware = Directory.CreateDirectory(Path.Combine(_qemu.Folder, "usr/share/seabios")).FullName;
        string program = Path.Combine(bin, "qemu");
        File.Copy(_qemu.Program, program);
        string link = Path.Combine(_qemu.Folder, "link");
        File.CreateSymbolicLink(link, program);

        Assert.Equal([own, firmware], QemuProgram.DataFolders(program));
        Assert.Equal([own, firmware], QemuProgram.DataFolders(link));
    }

    [Fact]
    public void One_that_is_installed_or_in_its_build_tree_finds_its_data_itself()
    {
        Assert.Empty(QemuProgram.DataFolders("/usr/bin/env"));
        Assert.Empty(QemuProgram.DataFolders(_qemu.Program));
        Assert.Empty(QemuProgram.DataFolders("no-such-qemu"));
    }
}
