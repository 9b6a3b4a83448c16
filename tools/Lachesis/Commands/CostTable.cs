using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lachesis.Tools.Commands;

/// <summary>bench/costs.json: what each operation is to cost, what it costs elsewhere, and what was last accepted.</summary>
public sealed class CostTable
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The operations, in the order in which they are shown.</summary>
    public required IReadOnlyList<CostOperation> Operations { get; init; }

    /// <summary>Reads a table.</summary>
    public static CostTable Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<CostTable>(File.ReadAllText(path), s_options)
                ?? throw new ToolException($"{path}: empty");
        }
        catch (JsonException problem)
        {
            throw new ToolException($"{path}: {problem.Message}");
        }
    }

    /// <summary>The accepted figures as README.md shows them.</summary>
    public string ToMarkdown()
    {
        StringBuilder text = new("| operation | instructions | reach | elsewhere |\n|---|---|---|---|\n");
        foreach (CostOperation operation in Operations)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {operation.What} | {operation.Accepted:N0} | {operation.Reach:N0} | {operation.Peers} |\n");
        }

        return text.ToString();
    }

    /// <summary>Writes it.</summary>
    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, s_options) + "\n");
}

/// <summary>One operation of the table.</summary>
/// <param name="Name">Metric that the guest reports.</param>
/// <param name="What">What is done, in words.</param>
/// <param name="Cpus">Virtual CPUs that it is measured with.</param>
/// <param name="Reach">Instructions to reach, or null.</param>
/// <param name="Peers">What it costs in other kernels.</param>
/// <param name="Accepted">Instructions when last accepted, or null.</param>
public sealed record CostOperation(string Name, string What, int Cpus, long? Reach, string Peers, long? Accepted);
