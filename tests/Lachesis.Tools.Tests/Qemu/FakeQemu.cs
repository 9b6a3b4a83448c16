using System;
using System.IO;
using System.Runtime.Versioning;
using System.Threading;
using Lachesis.Tools.Boots;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Tests.Reports;

namespace Lachesis.Tools.Tests.Qemu;

/// <summary>A shell script in QEMU's place, in a folder of its own that goes with it.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class FakeQemu : IDisposable
{
    private const string Preamble = """
        #!/bin/sh
        if [ "$1" = --version ]; then echo 'QEMU emulator version 1.2.3 (fake)'; exit 0; fi
        here=$(dirname "$0")
        echo $$ > "$here/pid"
        report=$(printf '%s\n' "$@" | sed -n 's/^file,id=report,path=//p')
        serial=$(printf '%s\n' "$@" | sed -n 's/^file,id=log,path=//p')
        resets=$(printf '%s\n' "$@" | grep '/resets.log$')

        """;

    /// <summary>Makes a script of these lines; $report, $serial and $resets are the files that QEMU would write.</summary>
    public FakeQemu(string script, ReportWriter? report = null)
    {
        Folder = Directory.CreateTempSubdirectory("lachesis-test-").FullName;
        Program = Path.Combine(Folder, "qemu");
        File.WriteAllText(Program, Preamble + script + "\n");
        File.SetUnixFileMode(Program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(Folder, "kernel.elf"), "\u007fELF, of which a fake reads no more");
        File.WriteAllBytes(Path.Combine(Folder, "guest"), report?.Bytes ?? []);
    }

    /// <summary>The folder of the script; evidence goes to its subfolder "out".</summary>
    public string Folder { get; }

    /// <summary>Path of the script.</summary>
    public string Program { get; }

    /// <summary>Process id of the fake.</summary>
    public int ProcessId => int.Parse(File.ReadAllText(Path.Combine(Folder, "pid")));

    /// <summary>The machine whose QEMU is this script.</summary>
    public MachineOptions Options(double seconds = 20) => new()
    {
        Qemu = Program,
        Kernel = Path.Combine(Folder, "kernel.elf"),
        TimeLimit = TimeSpan.FromSeconds(seconds),
    };

    /// <summary>Boots it.</summary>
    public GuestBoot Boot(double seconds = 20, bool measure = false, CancellationToken cancellation = default) =>
        GuestBoot.Run([1, 2, 3], Options(seconds), Path.Combine(Folder, "out"), measure, cancellation);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
