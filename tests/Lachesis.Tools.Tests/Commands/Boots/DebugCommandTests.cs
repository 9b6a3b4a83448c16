using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.Versioning;
using Lachesis.Tools.Tests.Host;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Boots;

[UnsupportedOSPlatform("windows")]
public sealed class DebugCommandTests : IDisposable
{
    private const string Manifest = "tests/guest/hang/manifest.json";
    private const string Listen = """
        touch "$(printf '%s\n' "$@" | sed -n 's/^socket,id=gdb,path=\([^,]*\),.*/\1/p')"; exec sleep 300
        """;

    private readonly FakeRepository _repository = new();

    public DebugCommandTests()
    {
        _repository.AddManifest("tests/guest/hang");
        _repository.AddGuest("debug", Listen);
    }

    [Fact]
    public void Gdb_is_given_kernel_commands_guest_program_and_place()
    {
        AddGdb("printf '%s\\n' \"$@\"");
        (int status, string output, _) = Debug("--break Type.Method");
        Assert.Equal(0, status);
        Assert.Contains("artifacts/image/kernel.elf\n", output);
        Assert.Contains("source tools/gdb/lachesis.py\n", output);
        Assert.Contains("\ntarget remote /", output);
        Assert.Contains("lx program p\n", output);
        Assert.Contains("lx start Type.Method\n", output);
        Assert.DoesNotContain("-batch", output);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 2", 2)]
    [InlineData("exit 3", 1)]
    [InlineData("kill -KILL $$", 1)]
    public void However_gdb_ends_qemu_ends_too(string end, int expected)
    {
        AddGdb(end);
        Assert.Equal(expected, Debug("").Status);
        int qemu = int.Parse(File.ReadAllText(_repository.PathOf("pid")));
        Stopwatch clock = Stopwatch.StartNew();
        while (HostProcess.IsAlive(qemu))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), "QEMU was left behind");
        }
    }

    [Fact]
    public void A_script_that_does_not_end_is_ended()
    {
        AddGdb("exec sleep 300");
        File.WriteAllText(_repository.PathOf("script"), "");
        (int status, _, string error) = Debug("--batch script --timeout 1");
        Assert.Equal(1, status);
        Assert.Equal("gdb was still running after 1 s\n", error);
    }

    [Theory]
    [InlineData("--gdb no-such-gdb", 1, "cannot run no-such-gdb: install it with: apt-get install gdb\n")]
    [InlineData("--gdb ./gdb --batch no-such-script", 2, "--batch: no file 'no-such-script'\n")]
    [InlineData("--gdb ./gdb --cpus 0", 2, "CPUS: '0' is not a whole number from 1 to 64 (--cpus)\n")]
    public void What_is_missing_or_wrong_is_said_in_one_line(string options, int expected, string message)
    {
        (int status, _, string error) = _repository.Run($"debug {Manifest} {options}");
        Assert.Equal((expected, message), (status, error));
    }

    [Fact]
    public void A_qemu_that_cannot_start_says_why()
    {
        AddGdb("exit 0");
        _repository.AddGuest("debug", "echo 'no such accelerator' >&2; exit 1");
        (int status, _, string error) = Debug("");
        Assert.Equal((1, "QEMU ended with status 1: no such accelerator\n"), (status, error));
    }

    [Fact]
    public void Without_a_gdb_the_guest_waits_at_the_socket_until_it_ends()
    {
        _repository.AddGuest("debug", Listen.Replace("exec sleep 300", "sleep 1", StringComparison.Ordinal));
        (int status, string output, string error) = _repository.Run($"debug {Manifest} --listen stopped.sock");
        Assert.Equal((0, "listening for gdb at stopped.sock\n", ""), (status, output, error));
    }

    public void Dispose() => _repository.Dispose();

    private (int Status, string Output, string Error) Debug(string options) =>
        _repository.Run($"debug {Manifest} --gdb ./gdb {options}".Trim());

    private void AddGdb(string script)
    {
        string path = _repository.PathOf("gdb");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
