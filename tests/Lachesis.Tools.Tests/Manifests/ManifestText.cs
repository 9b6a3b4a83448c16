using System;
using System.IO;
using System.Text;
using Lachesis.Tools.Manifests;
using Xunit;

namespace Lachesis.Tools.Tests.Manifests;

/// <summary>Manifests written in the tests themselves.</summary>
internal static class ManifestText
{
    public const string Source = "smoke/manifest.json";

    public const string Smallest = """{ "name": "m", "processes": [ { "program": "p" } ] }""";

    public static ManifestDocument Parse(string json)
    {
        ManifestDocument document = ManifestParser.Parse(Source, Encoding.UTF8.GetBytes(json));
        document.Check();
        return document;
    }

    /// <summary>The error without the file's name, and that it is one line which begins with it.</summary>
    public static string ErrorOf(string json)
    {
        string message = Assert.Throws<ManifestException>(() => Parse(json)).Message;
        Assert.DoesNotContain('\n', message);
        Assert.StartsWith(Source + ": ", message, StringComparison.Ordinal);
        return message[(Source.Length + 2)..];
    }

    /// <summary>The smallest manifest with further fields at its top.</summary>
    public static string With(string fields) => Smallest.Replace("\"name\"", fields + ", \"name\"", StringComparison.Ordinal);

    /// <summary>The smallest manifest with further fields in its process.</summary>
    public static string WithProcess(string fields) =>
        Smallest.Replace("\"program\"", fields + ", \"program\"", StringComparison.Ordinal);

    /// <summary>A file of the repository, found from the folder that the tests run in.</summary>
    public static string PathOf(string relative)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, relative)))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, relative);
    }
}
