using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json;
using Lachesis.Tools.Elf;
using Lachesis.Tools.Gates;
using Lachesis.Tools.Gates.Code;
using Lachesis.Tools.Gates.Rules;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Commands.Checks;

/// <summary>`lachesis verify`: checks an image's machine code and layout.</summary>
public static class VerifyCommand
{
    private const int MaxFindingsShown = 20;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
    };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> image = new("IMAGE") { Description = "linked ELF64 image" };
        Option<string[]> objects = Many("--object", "FILE.o", "object of the compiler that the image was linked from");
        Option<string[]> stubs = Many("--stubs", "FILE.o", "object of stubs: only they may use privileged instructions");
        Option<string> profile = new("--profile")
        {
            Description = "what is asked of the image (default kernel)",
            HelpName = "kernel|program",
        };
        profile.AcceptOnlyFromAmong(GateProfile.Kernel.Name, GateProfile.Program.Name);
        Option<string[]> allow = Many("--allow", "SYMBOL", "further symbol that objects may leave undefined (* for any characters)");
        Option<string> clearedBy = new("--cleared-by")
        {
            Description = "compiled code uses no xmm registers but those that this function clears",
            HelpName = "SYMBOL",
        };
        Option<string[]> code16 = Many("--code16", "SYMBOL", "stub that runs in 16-bit mode (* for any characters)");
        Option<string[]> code32 = Many("--code32", "SYMBOL", "stub that runs in 32-bit mode (* for any characters)");
        Option<string[]> paths = Many("--path", "FILE", "what must hold for all code that a path of the kernel can reach");
        Option<bool> json = new("--json") { Description = "print JSON" };
        Command command = new("verify", "Checks an image: its symbols, its segments and every instruction in it.")
        {
            image, objects, stubs, profile, allow, clearedBy, code16, code32, paths, json,
        };
        command.SetAction(parsed =>
        {
            GateProfile basis = parsed.GetValue(profile) == GateProfile.Program.Name ? GateProfile.Program : GateProfile.Kernel;
            GateProfile asked = basis with
            {
                AllowedUndefined = [.. basis.AllowedUndefined, .. SymbolPattern.List(parsed.GetValue(allow) ?? [])],
                ClearedBy = parsed.GetValue(clearedBy),
                Code16 = [.. basis.Code16, .. SymbolPattern.List(parsed.GetValue(code16) ?? [])],
                Code32 = [.. basis.Code32, .. SymbolPattern.List(parsed.GetValue(code32) ?? [])],
                Paths = (parsed.GetValue(paths) ?? []).Select(LoadPath).ToArray(),
            };
            IReadOnlyList<GateResult> results = ImageGates.Run(new GateInput(
                Load(parsed.GetValue(image)!),
                asked,
                (parsed.GetValue(objects) ?? []).Select(Load).ToArray(),
                (parsed.GetValue(stubs) ?? []).Select(Load).ToArray()));
            Print(parsed.InvocationConfiguration.Output, results, parsed.GetValue(json));
            return results.All(result => result.Passed) ? 0 : ToolException.Failure;
        });
        return command;
    }

    private static Option<string[]> Many(string name, string value, string description) => new(name)
    {
        Description = description,
        HelpName = value,
    };

    private static ElfFile Load(string path)
    {
        try
        {
            return ElfFile.Load(path);
        }
        catch (ElfException problem)
        {
            throw new ToolException(problem.Message, ToolException.BadUsage);
        }
    }

    private static PathPromise LoadPath(string path)
    {
        try
        {
            return PathPromiseReader.Load(path);
        }
        catch (ManifestException problem)
        {
            throw new ToolException(problem.Message, ToolException.BadUsage);
        }
    }

    private static void Print(TextWriter output, IReadOnlyList<GateResult> results, bool json)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(results, s_json));
            return;
        }

        foreach (GateResult result in results)
        {
            output.WriteLine($"{(result.Passed ? "ok  " : "FAIL")} {result.Gate}: {result.Checked}");
            foreach (GateFinding finding in result.Findings.Take(MaxFindingsShown))
            {
                output.WriteLine($"       {finding.Place}: {finding.Message}");
            }

            if (result.Findings.Count > MaxFindingsShown)
            {
                output.WriteLine($"       and {result.Findings.Count - MaxFindingsShown} more");
            }
        }
    }
}
