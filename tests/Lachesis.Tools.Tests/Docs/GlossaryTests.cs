using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Docs;

/// <summary>docs/glossary.md, against the sources that define its terms.</summary>
public sealed partial class GlossaryTests
{
    private const int Columns = 6;
    private const int MinTerms = 50;

    private static readonly string[][] s_rows = Rows();

    [Fact]
    public void Every_row_names_a_file_that_defines_the_named_type()
    {
        Assert.True(s_rows.Length >= MinTerms, $"only {s_rows.Length} rows were found");
        Assert.All(s_rows, static row =>
        {
            Assert.Equal(Columns, row.Length);
            Match definition = DefinitionPattern().Match(row[^1]);
            Assert.True(definition.Success, row[^1]);

            string path = Path.Combine(Repository.Root, definition.Groups["path"].Value);
            Assert.True(File.Exists(path), $"{row[0]}: no file {path}");
            string type = definition.Groups["type"].Value;
            Assert.True(
                Regex.IsMatch(File.ReadAllText(path), $@"^\S.*\b(class|struct|interface|enum) {type}\b", RegexOptions.Multiline),
                $"{row[0]}: {path} does not define {type}");
        });
    }

    [Fact]
    public void Every_term_stands_once()
    {
        string[] terms = [.. s_rows.SelectMany(static row => row[0].Split(", "))];
        Assert.Equal(terms.Distinct(StringComparer.OrdinalIgnoreCase), terms);
    }

    private static string[][] Rows() =>
        [.. File.ReadLines(Path.Combine(Repository.Root, "docs", "glossary.md"))
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| term ", StringComparison.Ordinal))
            .Select(static line => line.Trim('|', ' ').Split(" | "))];

    [GeneratedRegex(@"^`(?<type>\w+)`, `(?<path>[\w./]+)`$")]
    private static partial Regex DefinitionPattern();
}
