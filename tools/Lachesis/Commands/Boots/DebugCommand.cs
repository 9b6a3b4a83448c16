using System;
using System.CommandLine;
using System.IO;
using Lachesis.Abi;
using Lachesis.Tools.Boots;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Ramdisk;

namespace Lachesis.Tools.Commands.Boots;

/// <summary>`lachesis debug`: boots one manifest under gdb.</summary>
public static class DebugCommand
{
    // Where everything is up, C# shows its parameters, and the stack reaches into the program.
    private const string DefaultBreak = "KernelEntry.SystemCall";
    private const int BatchSeconds = 60;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> manifest = new("MANIFEST") { Description = "JSON manifest" };
        Option<int?> cpus = OptionValues.Integer("--cpus", "CPUS", "virtual CPUs (default 2)", 1, Platform.MaxCpus);
        Option<string> place = new("--break")
        {
            Description = $"where to stop first: Type.Method, symbol or FILE:LINE (default {DefaultBreak}); "
                + "reset: before the first instruction",
            HelpName = "PLACE",
        };
        Option<string> batch = new("--batch")
        {
            Description = "run this gdb script and end, instead of giving the terminal to gdb; 60 s unless --timeout says more",
            HelpName = "SCRIPT",
        };
        Option<string> listen = new("--listen")
        {
            Description = "start no gdb: say so once one can attach to this socket, and wait until it has ended the guest",
            HelpName = "SOCKET",
        };
        Option<string> gdb = new("--gdb") { Description = "gdb program (default gdb)" };
        Command command = new("debug", "Boots a manifest stopped and attaches gdb, with sources, symbols and the lx commands.")
        {
            manifest, cpus, place, batch, listen, gdb,
        };
        BootOptions boot = BootOptions.AddTo(command, judged: false);
        command.SetAction(parsed =>
        {
            ManifestDocument document = ManifestDocument.Load(parsed.GetValue(manifest)!);
            MachineOptions machine = boot.Machine(parsed, parsed.GetValue(cpus) ?? 2, document.Host.MemoryMiB, BatchSeconds);
            string? script = parsed.GetValue(batch);
            if (script is not null && !File.Exists(script))
            {
                throw new ToolException($"--batch: no file '{script}'", ToolException.BadUsage);
            }

            KernelImage.Check(machine.Kernel);

            byte[] ramdisk = RamdiskBuilder.Build(document, boot.Programs(parsed));
            using EvidenceRun run = boot.StartRun(parsed, "debug");
            MachineFiles files = new(run.Folder);
            File.WriteAllBytes(files.Ramdisk, ramdisk);
            if (parsed.GetValue(listen) is { } socket)
            {
                DebugServer.Run(machine, files, socket, parsed.InvocationConfiguration.Output, Interruption.Token);
                return 0;
            }

            DebugSession session = new()
            {
                Gdb = parsed.GetValue(gdb) ?? "gdb",
                Commands = Repository.PathOf("tools/gdb/lachesis.py"),
                Program = document.Processes[0].Program,
                Break = parsed.GetValue(place) ?? DefaultBreak,
                Script = script,
                TimeLimit = script is null && boot.TimeoutSeconds(parsed) is null ? null : machine.TimeLimit,
            };

            // tools/gdb ends gdb with the status of bad usage when there is no such place to stop at.
            return session.Run(machine, files) switch
            {
                0 => 0,
                ToolException.BadUsage => ToolException.BadUsage,
                _ => ToolException.Failure,
            };
        });
        return command;
    }
}
