using System;
using System.IO;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lachesis.Tools.Evidence;

/// <summary>Files of figures: strict JSON, a property a line.</summary>
public static class JsonTable
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="ToolException">It is not JSON of this form; one line says where.</exception>
    public static T Read<T>(string path)
    {
        try
        {
            ReadOnlySpan<byte> json = InputFile.ReadGiven(path, InputFile.MaxText);
            ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
            return JsonSerializer.Deserialize<T>(json.StartsWith(mark) ? json[mark.Length..] : json, s_options)
                ?? throw new ToolException($"{path}: empty");
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new ToolException((problem as JsonException)?.LineNumber is long line
                ? $"{path}: line {line + 1}: not the JSON that is expected here"
                : $"{path}: not the JSON that is expected here");
        }
    }

    /// <summary>Writes a file.</summary>
    public static void Write<T>(string path, T table) => File.WriteAllText(path, JsonSerializer.Serialize(table, s_options) + "\n");
}
