using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using Lachesis.Tools.Boots;

namespace Lachesis.Tools.Qemu;

/// <summary>A guest that boots stopped and waits for a debugger at a socket.</summary>
public static class DebugServer
{
    // Of a QEMU that neither listens nor ends; how long a busy host takes is no matter.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    // QEMU listens before it has opened its accelerator, and dies a moment later if it cannot.
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Boots, prints a line once a debugger can attach, and waits for the guest's end.</summary>
    /// <exception cref="OperationCanceledException">It was asked to end before; the guest has ended then.</exception>
    public static void Run(
        MachineOptions options, MachineFiles files, string socket, TextWriter output, CancellationToken cancellation)
    {
        File.Delete(socket);
        try
        {
            QemuMachine.RunStopped(options, files, socket, qemu =>
            {
                WaitForSocket(options, qemu, socket);
                output.WriteLine($"listening for gdb at {socket}");
                output.Flush();
                while (!qemu.WaitForExit(s_poll))
                {
                    cancellation.ThrowIfCancellationRequested();
                }
            });
        }
        finally
        {
            File.Delete(socket);
        }
    }

    /// <summary>Waits until QEMU listens.</summary>
    /// <exception cref="ToolException">It ended instead, for the reason that the message has.</exception>
    internal static void WaitForSocket(MachineOptions options, Process qemu, string socket)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!File.Exists(socket) && !qemu.WaitForExit(TimeSpan.FromMilliseconds(10)))
        {
            if (clock.Elapsed > s_limit)
            {
                throw new ToolException($"QEMU did not listen within {s_limit.TotalSeconds:0} s");
            }
        }

        if (qemu.WaitForExit(s_settling))
        {
            string message = qemu.StandardError.ReadToEnd().Trim();
            string line = message[(message.LastIndexOf('\n') + 1)..];
            throw QemuRefusal.Explain(options, qemu.ExitCode, line)
                ?? new ToolException($"QEMU ended with status {qemu.ExitCode}: {line}");
        }
    }
}
