using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json;
using Lachesis.Abi;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Ramdisk;

namespace Lachesis.Tools.Commands.Inspection;

/// <summary>`lachesis ramdisk`: packs the initial ramdisk, or shows what is in one.</summary>
public static class RamdiskCommand
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
    };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string?> manifest = new("MANIFEST") { Description = "JSON manifest", Arity = ArgumentArity.ZeroOrOne };
        Option<string> programs = new("--programs") { Description = "folder of guest programs, NAME.elf each" };
        Option<string> output = new("--out") { Description = "ramdisk to write" };
        Option<string> list = new("--list") { Description = "ramdisk to show, instead of building one" };
        Option<bool> json = new("--json") { Description = "with --list: print JSON" };
        Command command = new("ramdisk", "Builds the initial ramdisk from a manifest, or shows what is in one.")
        {
            manifest, programs, output, list, json,
        };
        command.Validators.Add(result =>
        {
            bool[] building = [result.GetValue(manifest) is not null, result.GetResult(programs) is not null,
                result.GetResult(output) is not null];
            bool showing = result.GetResult(list) is not null;
            if (showing ? building.Any(static given => given) : !building.All(static given => given))
            {
                result.AddError("ramdisk: either MANIFEST --programs DIR --out FILE, or --list FILE");
            }
        });
        command.SetAction(parsed =>
        {
            TextWriter writer = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(list) is { } shown)
            {
                List(writer, shown, parsed.GetValue(json));
                return;
            }

            ManifestDocument document = ManifestDocument.Load(parsed.GetValue(manifest)!);
            File.WriteAllBytes(parsed.GetValue(output)!, RamdiskBuilder.Build(document, parsed.GetValue(programs)!));
        });
        return command;
    }

    private static void List(TextWriter writer, string path, bool json)
    {
        RamdiskImage image;
        try
        {
            image = RamdiskImage.Open(InputFile.ReadGiven(path, InputFile.MaxBinary));
        }
        catch (RamdiskException problem)
        {
            throw new ToolException($"{path}: {problem.Message}", ToolException.BadUsage);
        }

        if (json)
        {
            writer.WriteLine(ToJson(image));
            return;
        }

        Spectre.Console.Table files = Tables.Create("file", " offset", " bytes");
        foreach (RamdiskImageFile file in image.Files)
        {
            files.AddPlainRow(file.Name, $"0x{file.Offset:x}", Tables.Number(file.Content.Length));
        }

        Tables.Print(writer, files);
        Spectre.Console.Table processes = Tables.Create(
            "process", "grants", "CPUs", " weight", " request ns", " quantum ns", " priority", " service", " session", "data",
            "argument");
        foreach (RamdiskProcess process in image.Processes)
        {
            processes.AddPlainRow(
                process.Program, Words(process.Grants), $"0x{process.CpuMask:x}", Tables.Number(process.Weight),
                Tables.Number(process.RequestNs), Tables.Number(process.QuantumNs), Tables.Number(process.Priority),
                Tables.Number(process.Service), Tables.Number(process.Session), process.Data ?? "",
                process.Argument);
        }

        Tables.Print(writer, processes);
        writer.WriteLine($"policy {Words(image.Policy)}, features {string.Join(", ", Features(image))}");
        PoolCapacities pools = image.Pools;
        writer.WriteLine(
            $"threads {Tables.Number(pools.Threads)}, processes {Tables.Number(pools.Processes)}, "
            + $"endpoints {Tables.Number(pools.Endpoints)}, notifications {Tables.Number(pools.Notifications)}, "
            + $"replies {Tables.Number(pools.Replies)}, timers {Tables.Number(pools.Timers)}, rings {Tables.Number(pools.Rings)}");
        writer.WriteLine($"slice {Tables.Number(image.SliceNs)} ns (0 here and above: the kernel chooses)");
    }

    // Enum values as manifests write them: "log, report".
    private static string Words(Enum value) =>
        string.Join(", ", value.ToString().Split(", ").Select(JsonNamingPolicy.CamelCase.ConvertName));

    private static IEnumerable<string> Features(RamdiskImage image) =>
        ManifestFields.FeatureNames.Where(pair => (image.Features & pair.Value) != 0).Select(static pair => pair.Key);

    private static string ToJson(RamdiskImage image) => JsonSerializer.Serialize(
        new
        {
            Files = image.Files.Select(file => new { file.Name, file.Offset, Bytes = file.Content.Length }),
            Processes = image.Processes.Select(process => new
            {
                process.Program,
                Grants = Words(process.Grants).Split(", "),
                process.CpuMask,
                process.Weight,
                process.RequestNs,
                process.QuantumNs,
                process.Priority,
                process.Service,
                process.Session,
                process.Data,
                process.Argument,
            }),
            Pools = new
            {
                image.Pools.Threads,
                image.Pools.Processes,
                image.Pools.Endpoints,
                image.Pools.Notifications,
                image.Pools.Replies,
                image.Pools.Timers,
                image.Pools.Rings,
            },
            image.SliceNs,
            Policy = Words(image.Policy),
            Features = Features(image),
        },
        s_json);
}
