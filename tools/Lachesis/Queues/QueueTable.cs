using System.Collections.Generic;
using System.IO;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lachesis.Tools.Queues;

/// <summary>bench/queues.json: what each operation on the run queue cost when it was last accepted.</summary>
public sealed class QueueTable
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The cases, in the order in which they are shown.</summary>
    public required IReadOnlyList<QueueCase> Cases { get; init; }

    /// <summary>Reads a table.</summary>
    public static QueueTable Load(string path) => Read<QueueTable>(path);

    /// <summary>Writes it.</summary>
    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, s_options) + "\n");

    /// <summary>Reads a file of this form.</summary>
    internal static T Read<T>(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), s_options)
                ?? throw new ToolException($"{path}: empty");
        }
        catch (JsonException problem)
        {
            throw new ToolException($"{path}: line {problem.LineNumber + 1}: not the JSON that is expected here");
        }
    }
}
