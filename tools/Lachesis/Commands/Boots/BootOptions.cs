using System;
using System.CommandLine;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Qemu;

namespace Lachesis.Tools.Commands.Boots;

/// <summary>The options that every command which boots the guest has, and what they default to.</summary>
internal sealed class BootOptions
{
    private readonly Option<string> _kernel = new("--kernel")
    {
        Description = "kernel image (default artifacts/image/kernel.elf)",
    };

    private readonly Option<string> _programs = new("--programs")
    {
        Description = "folder of guest programs, NAME.elf each (default artifacts/image/programs)",
    };

    private readonly Option<string> _out = RunStart.Option();

    private readonly Option<string> _accel = new("--accel") { Description = "tcg (default) or kvm", HelpName = "tcg|kvm" };

    private readonly Option<bool> _icount = new("--icount")
    {
        Description = "virtual time is instructions executed, on one host thread: figures repeat to the digit",
    };

    private readonly Option<string> _qemu = new("--qemu")
    {
        Description = "QEMU program (default $LACHESIS_QEMU, else qemu-system-x86_64)",
    };

    private readonly Option<string> _cpuModel = new("--cpu-model")
    {
        Description = "CPU model and features as QEMU's -cpu takes them (default: all that the accelerator has)",
        HelpName = "MODEL[,-feature...]",
    };

    private readonly Option<bool> _measure = new("--measure")
    {
        Description = "insist on a measured kernel (built with MEASURE=1)",
    };

    private readonly Option<bool> _json = new("--json") { Description = "print the evidence as JSON instead of a table" };

    private readonly Option<int?> _memory = OptionValues.Integer("--memory", "MEMORY", "guest memory in MiB", 64, 65536);

    private readonly Option<int?> _timeout = OptionValues.Integer(
        "--timeout", "TIMEOUT", "seconds that each boot may run, while the host has a CPU for it", 1, 86400);

    private BootOptions(bool instructionCount)
    {
        _accel.CustomParser = result =>
        {
            string value = result.Tokens[0].Value;
            if (value is not ("tcg" or "kvm"))
            {
                result.AddError($"ACCEL: '{value}' is not tcg or kvm (--accel)");
            }

            return value;
        };
        AlwaysInstructionCount = instructionCount;
    }

    private bool AlwaysInstructionCount { get; }

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="alwaysInstructionCount">The command makes sense only with -icount, so it has no option for it.</param>
    /// <param name="judged">The command judges the boot, so it prints evidence and can insist on a measured kernel.</param>
    public static BootOptions AddTo(Command command, bool alwaysInstructionCount = false, bool judged = true)
    {
        BootOptions options = new(alwaysInstructionCount);
        foreach (Option option in (Option[])
            [
                options._kernel, options._programs, options._out, options._memory, options._timeout, options._qemu,
                options._cpuModel,
            ])
        {
            command.Add(option);
        }

        if (judged)
        {
            command.Add(options._measure);
            command.Add(options._json);
        }

        if (!alwaysInstructionCount)
        {
            command.Add(options._accel);
            command.Add(options._icount);
            command.Validators.Add(result =>
            {
                if (result.GetValue(options._icount) && result.GetValue(options._accel) == "kvm")
                {
                    result.AddError("ICOUNT: instruction counting needs ACCEL=tcg");
                }
            });
        }

        return options;
    }

    /// <summary>Whether the evidence is to be printed as JSON.</summary>
    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>Whether the kernel must be a measured build.</summary>
    public bool Measure(ParseResult parsed) => parsed.GetValue(_measure);

    /// <summary>Whether virtual time is to be instructions.</summary>
    public bool InstructionCount(ParseResult parsed) => AlwaysInstructionCount || parsed.GetValue(_icount);

    /// <summary>Guest memory in MiB, or null if not given.</summary>
    public int? Memory(ParseResult parsed) => parsed.GetValue(_memory);

    /// <summary>The time limit, or null if not given.</summary>
    public int? TimeoutSeconds(ParseResult parsed) => parsed.GetValue(_timeout);

    /// <summary>Folder of the guest programs.</summary>
    public string Programs(ParseResult parsed) => parsed.GetValue(_programs) ?? Repository.PathOf("artifacts/image/programs");

    /// <summary>Starts a run of that name, with a folder of its own.</summary>
    public EvidenceRun StartRun(ParseResult parsed, string name) => parsed.StartRun(_out, name);

    /// <summary>The machine: what was given, else what the manifest asks for, else defaults.</summary>
    public MachineOptions Machine(ParseResult parsed, int cpus, int? manifestMemory, int timeoutSeconds) => new()
    {
        Qemu = QemuProgram.Choose(parsed.GetValue(_qemu) ?? Environment.GetEnvironmentVariable("LACHESIS_QEMU")),
        Kernel = parsed.GetValue(_kernel) ?? Repository.PathOf("artifacts/image/kernel.elf"),
        Cpus = cpus,
        CpuModel = parsed.GetValue(_cpuModel) is { Length: > 0 } model ? model : null,
        MemoryMiB = Memory(parsed) ?? manifestMemory ?? 512,
        Accelerator = AlwaysInstructionCount ? "tcg" : parsed.GetValue(_accel) ?? "tcg",
        InstructionCount = InstructionCount(parsed),
        TimeLimit = TimeSpan.FromSeconds(TimeoutSeconds(parsed) ?? timeoutSeconds),
    };
}
