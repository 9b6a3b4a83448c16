using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands.Checks;

/// <summary>`lachesis compare-evidence`: whether two runs came to the same, digit for digit.</summary>
public static class CompareEvidenceCommand
{
    private const int Shown = 20;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> first = new("FIRST") { Description = "result.json of a run, or its folder" };
        Argument<string> second = new("SECOND") { Description = "result.json of another run, or its folder" };
        Command command = new(
            "compare-evidence", "Fails unless two results are the same but for date, run id, command line and the host's load.")
        {
            first, second,
        };
        command.SetAction(parsed =>
        {
            IReadOnlyList<string> differences = EvidenceComparison.Differences(
                Load(parsed.GetValue(first)!), Load(parsed.GetValue(second)!));
            Print(parsed.InvocationConfiguration.Output, differences);
            return differences.Count == 0 ? 0 : ToolException.Failure;
        });
        return command;
    }

    private static JsonObject Load(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, EvidenceFile.FileName) : path;
        byte[] text = InputFile.ReadGiven(file, InputFile.MaxText);
        try
        {
            return JsonNode.Parse(text) is JsonObject json && json.ContainsKey(EvidenceFile.SchemaKey)
                ? json
                : throw new ToolException($"{file}: not the evidence of a run", ToolException.BadUsage);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new ToolException($"{file}: not JSON: {problem.Message}", ToolException.BadUsage);
        }
    }

    private static void Print(TextWriter output, IReadOnlyList<string> differences)
    {
        for (int i = 0; i < differences.Count && i < Shown; i++)
        {
            output.WriteLine(differences[i]);
        }

        if (differences.Count > Shown)
        {
            output.WriteLine($"... {differences.Count - Shown} more");
        }

        output.WriteLine(differences.Count == 0 ? "the same" : $"{differences.Count} differ");
    }
}
