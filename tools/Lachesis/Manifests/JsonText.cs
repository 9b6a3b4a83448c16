using System;
using System.IO;
using System.Text.Json;

namespace Lachesis.Tools.Manifests;

/// <summary>Reading JSON that people write: comments and trailing commas are allowed, errors say where.</summary>
internal static class JsonText
{
    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Reads a file.</summary>
    internal static T Load<T>(string path, Func<ManifestNode, T> read)
    {
        try
        {
            return Parse(path, InputFile.Read(path, InputFile.MostText), read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ManifestException($"{path}: cannot be read: {error.Message}");
        }
    }

    /// <summary>Reads what <paramref name="path"/> holds.</summary>
    internal static T Parse<T>(string path, ReadOnlyMemory<byte> json, Func<ManifestNode, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Lenient);
            return read(new ManifestNode(path, "", document.RootElement));
        }
        catch (JsonException error)
        {
            throw SyntaxError(path, error);
        }
    }

    private static ManifestException SyntaxError(string path, JsonException error)
    {
        // The parser's message repeats the position at its end, counted from 0; editors count from 1.
        string what = error.Message.Split(" LineNumber:")[0].TrimEnd('.').ReplaceLineEndings(" ");
        return new ManifestException($"{path}: line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}: {what}");
    }
}
