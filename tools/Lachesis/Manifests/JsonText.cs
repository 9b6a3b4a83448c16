using System;
using System.IO;
using System.Text.Json;

namespace Lachesis.Tools.Manifests;

/// <summary>Reading JSON that people write: comments and trailing commas are allowed, errors say where.</summary>
internal static class JsonText
{
    private static ReadOnlySpan<byte> Utf8 => [0xEF, 0xBB, 0xBF];

    private static ReadOnlySpan<byte> Utf16Little => [0xFF, 0xFE];

    private static ReadOnlySpan<byte> Utf16Big => [0xFE, 0xFF];

    private static readonly JsonDocumentOptions s_lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Makes sense of it.</param>
    /// <param name="bareKeys">Whether a key without a value is one whose value is an empty string.</param>
    internal static T Load<T>(string path, Func<ManifestNode, T> read, bool bareKeys = false)
    {
        try
        {
            return Parse(path, InputFile.Read(path, InputFile.MaxText), read, bareKeys);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ManifestException($"{path}: cannot be read: {error.Message}");
        }
    }

    /// <summary>Reads what <paramref name="path"/> holds.</summary>
    internal static T Parse<T>(string path, ReadOnlyMemory<byte> json, Func<ManifestNode, T> read, bool bareKeys = false)
    {
        ReadOnlyMemory<byte> text = WithoutByteOrderMark(path, json);
        using JsonDocument document = Open(path, text, bareKeys);
        return read(new ManifestNode(path, "", document.RootElement));
    }

    private static JsonDocument Open(string path, ReadOnlyMemory<byte> text, bool bareKeys)
    {
        try
        {
            return JsonDocument.Parse(text, s_lenient);
        }
        catch (JsonException error)
        {
            byte[]? completed = bareKeys ? BareKeys.Complete(text.Span) : null;
            try
            {
                return completed is null ? throw SyntaxError(path, error) : JsonDocument.Parse(completed, s_lenient);
            }
            catch (JsonException other)
            {
                // What comes before a bare key on its line is counted as it stands in the file; another error is as good.
                throw SyntaxError(path, other);
            }
        }
    }

    private static ReadOnlyMemory<byte> WithoutByteOrderMark(string path, ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> start = json.Span;
        return start.StartsWith(Utf16Little) || start.StartsWith(Utf16Big)
            ? throw new ManifestException($"{path}: is UTF-16; save it as UTF-8")
            : start.StartsWith(Utf8) ? json[Utf8.Length..] : json;
    }

    private static ManifestException SyntaxError(string path, JsonException error)
    {
        // The parser's message repeats the position at its end, counted from 0; editors count from 1.
        string what = error.Message.Split(" LineNumber:")[0].TrimEnd('.').ReplaceLineEndings(" ");
        return new ManifestException($"{path}: line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}: {what}");
    }
}
