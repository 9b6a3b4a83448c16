using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;

namespace Lachesis.Tools.Manifests;

/// <summary>A value of a manifest, or of another file that people write, together with where it stands, so that every error
/// can say so.</summary>
internal readonly struct ManifestNode(string file, string path, JsonElement element)
{
    private const int LongestQuote = 60;

    internal ManifestException Error(string message) =>
        new(path.Length == 0 ? $"{file}: {message}" : $"{file}: {path}: {message}");

    /// <summary>The error for a word that is none of those allowed.</summary>
    internal ManifestException NotOneOf(string word, string what, IEnumerable<string> allowed) =>
        Error($"'{Printable(word)}' is not {what}; allowed: {string.Join(", ", allowed)}");

    internal bool IsObject => element.ValueKind == JsonValueKind.Object;

    internal bool IsString => element.ValueKind == JsonValueKind.String;

    internal bool IsTrue => element.ValueKind == JsonValueKind.True;

    /// <summary>The properties of an object in the order in which they are written, repeated names too.</summary>
    internal List<(string Name, ManifestNode Value)> Properties(string what)
    {
        if (!IsObject)
        {
            throw Error($"must be an object: {what}");
        }

        var properties = new List<(string, ManifestNode)>();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = NameOf(property);
            properties.Add((name, new ManifestNode(file, PlaceOf(name), property.Value)));
        }

        return properties;
    }

    internal Dictionary<string, ManifestNode> Fields(string[] allowed, string[] required)
    {
        if (!IsObject)
        {
            throw Error($"must be an object with the fields {string.Join(", ", allowed)}");
        }

        var fields = new Dictionary<string, ManifestNode>();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = NameOf(property);
            if (!allowed.Contains(name))
            {
                throw NotOneOf(name, "a field", allowed);
            }

            if (!fields.TryAdd(name, new ManifestNode(file, PlaceOf(name), property.Value)))
            {
                throw Error($"the field '{name}' occurs twice");
            }
        }

        foreach (string missing in required)
        {
            if (!fields.ContainsKey(missing))
            {
                throw Error($"the field '{missing}' is missing");
            }
        }

        return fields;
    }

    internal List<ManifestNode> Items(int least, int most)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Error("must be a list");
        }

        int count = element.GetArrayLength();
        if (count < least || count > most)
        {
            throw Error($"{count} entries; allowed: {least} to {most}");
        }

        var items = new List<ManifestNode>();
        foreach (JsonElement item in element.EnumerateArray())
        {
            items.Add(new ManifestNode(file, $"{path}[{items.Count}]", item));
        }

        return items;
    }

    /// <summary>A list in which no value may occur twice.</summary>
    internal List<T> Distinct<T>(int least, int most, Func<ManifestNode, T> read)
    {
        var values = new List<T>();
        foreach (ManifestNode item in Items(least, most))
        {
            T value = read(item);
            if (values.Contains(value))
            {
                throw item.Error($"{value} occurs twice");
            }

            values.Add(value);
        }

        return values;
    }

    internal string Text()
    {
        if (!IsString)
        {
            throw Error("must be a string");
        }

        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Error("is not valid Unicode");
        }
    }

    internal int Number(int least, int most) => (int)LongNumber(least, most);

    internal long LongNumber(long least, long most)
    {
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out long number)
            || number < least || number > most)
        {
            throw Error($"{Printable(RawText())} is not a whole number from {least} to {most}");
        }

        return number;
    }

    /// <summary>A number within bounds that need not be whole.</summary>
    internal double Fraction(double least, double most)
    {
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out double number)
            || !(number >= least && number <= most))
        {
            throw Error(FormattableString.Invariant($"{Printable(RawText())} is not a number from {least} to {most}"));
        }

        return number;
    }

    /// <summary>A word of lower-case letters, digits and hyphens: safe as a file name on every side.</summary>
    internal string Word(int longest)
    {
        string text = Text();
        bool isWord = text.Length > 0 && text.Length <= longest && text[0] != '-'
            && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');
        return isWord
            ? text
            : throw Error(
                $"'{Printable(text)}' is not a name: 1 to {longest} lower-case letters, digits and hyphens, no hyphen first");
    }

    private string RawText()
    {
        try
        {
            return element.GetRawText();
        }
        catch (InvalidOperationException)
        {
            throw Error("is not valid Unicode");
        }
    }

    private string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw Error("a key is not valid Unicode");
        }
    }

    private string PlaceOf(string name) => path.Length == 0 ? Printable(name) : $"{path}.{Printable(name)}";

    // Errors are one line, whatever the file holds.
    internal static string Printable(string text)
    {
        var printable = new StringBuilder();
        foreach (char c in text.Length > LongestQuote ? string.Concat(text.AsSpan(0, LongestQuote), "...") : text)
        {
            printable.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        }

        return printable.ToString();
    }
}
