using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using Lachesis.Tools.Boots;

namespace Lachesis.Tools.Qemu;

/// <summary>A guest that boots stopped, and the gdb that debugs it. Whichever ends first, the other ends too.</summary>
public sealed class DebugSession
{
    /// <summary>The gdb program.</summary>
    public required string Gdb { get; init; }

    /// <summary>The script that gives gdb the lx commands.</summary>
    public required string Commands { get; init; }

    /// <summary>The program whose symbols gdb has at first.</summary>
    public required string Program { get; init; }

    /// <summary>Where to stop first; see `lx start`.</summary>
    public required string Break { get; init; }

    /// <summary>A gdb script to run instead of giving gdb the terminal, or null.</summary>
    public string? Script { get; init; }

    /// <summary>How long gdb may run, or null for as long as it likes.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Runs it to its end.</summary>
    /// <returns>What gdb ended with.</returns>
    public int Run(MachineOptions options, MachineFiles files)
    {
        string gdb = QemuMachine.FindProgram(Gdb)
            ?? throw new ToolException($"cannot run {Gdb}: install it with: apt-get install gdb");

        QemuRefusal.CheckHost(options);

        // Not in the folder of evidence: the path of a socket has room for 107 characters only.
        string folder = Directory.CreateTempSubdirectory("lachesis-gdb-").FullName;
        string socket = Path.Combine(folder, "gdb");
        try
        {
            int status = 0;
            QemuMachine.RunStopped(options, files, socket, qemu =>
            {
                DebugServer.WaitForSocket(options, qemu, socket);
                status = RunGdb(gdb, options.Kernel, socket);
            });
            return status;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // With this process's terminal. SIGINT is gdb's, to stop the guest; what asks this process to end, ends gdb.
    private int RunGdb(string program, string kernel, string socket)
    {
        List<string> arguments = ["-q"];
        if (Script is not null)
        {
            arguments.AddRange(["-nx", "-batch"]);
        }

        arguments.AddRange(
        [
            kernel,
            "-ex", $"source {Commands}", "-ex", $"target remote {socket}", "-ex", $"lx program {Program}",
            "-ex", $"lx start {Break}",
        ]);
        if (Script is not null)
        {
            arguments.AddRange(["-x", Script]);
        }

        using Process gdb = Process.Start(new ProcessStartInfo(program, arguments))!;
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Kill(gdb));
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => Kill(gdb));
        try
        {
            if (gdb.WaitForExit(TimeLimit ?? Timeout.InfiniteTimeSpan))
            {
                return gdb.ExitCode;
            }

            throw new ToolException($"gdb was still running after {TimeLimit!.Value.TotalSeconds:0} s");
        }
        finally
        {
            Kill(gdb);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
            process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }
}
