using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Docs;

/// <summary>The table in docs/building.md that says which tests are whose, against the folders and tests that there are.</summary>
public sealed partial class TestMapTests
{
    // Folders whose subfolders have rows of their own.
    private static readonly string[] s_parents = ["kernel", "kernel/core", "boot", "tools", "tools/Lachesis"];

    private static readonly Dictionary<string, string> s_projects = new()
    {
        ["test-core"] = "Lachesis.Core.Tests",
        ["test-sim"] = "Lachesis.Simulator.Tests",
        ["test-tools"] = "Lachesis.Tools.Tests",
    };

    private static readonly Dictionary<string, string[]> s_rows = Rows();

    [Fact]
    public void Every_folder_of_sources_has_a_row_and_no_row_is_of_another() => Assert.Equal(
        s_parents.SelectMany(static parent => Directory.GetDirectories(Path.Combine(Repository.Root, parent))
                .Select(folder => $"{parent}/{Path.GetFileName(folder)}"))
            .Except(s_parents)
            .Where(static folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories)
                .Any(static file => Path.GetExtension(file) is ".cs" or ".py"))
            .Order(StringComparer.Ordinal),
        s_rows.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_filter_finds_tests()
    {
        foreach ((string folder, string target, string filter) in s_rows.SelectMany(static row => row.Value.Select(
            command => (row.Key, TargetPattern().Match(command).Groups[1].Value, TargetPattern().Match(command).Groups[2].Value))))
        {
            if (s_projects.TryGetValue(target, out string? project))
            {
                Assert.True(TestClasses(project).Any(name => name.Contains(filter, StringComparison.Ordinal)), $"{folder}: FILTER={filter}");
            }
        }
    }

    [Fact]
    public void Every_other_command_is_a_target()
    {
        string[] targets = [.. s_rows.Values.SelectMany(static commands => commands).SelectMany(static command => command.Split(' ').Skip(1))
            .Where(static word => !word.Contains('=')).Distinct()];
        string makefile = File.ReadAllText(Path.Combine(Repository.Root, "Makefile"));
        Assert.All(targets, target => Assert.True(
            Regex.IsMatch(makefile, $"^{target}:", RegexOptions.Multiline)
                || (target.StartsWith("run-", StringComparison.Ordinal)
                    && File.Exists(Path.Combine(Repository.Root, "tests/guest", target["run-".Length..], "manifest.json"))),
            target));
    }

    // Of the sources, as the assemblies of the other projects are not here: NAMESPACE.CLASS.
    private static IEnumerable<string> TestClasses(string project) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", project), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText)
            .Where(static text => text.Contains("[Fact", StringComparison.Ordinal) || text.Contains("[Theory", StringComparison.Ordinal))
            .Select(static text => $"{NamespacePattern().Match(text).Groups[1].Value}.{ClassPattern().Match(text).Groups[1].Value}");

    private static Dictionary<string, string[]> Rows() =>
        File.ReadLines(Path.Combine(Repository.Root, "docs/building.md"))
            .SkipWhile(static line => !line.StartsWith("| sources |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(static line => line.StartsWith('|'))
            .Select(static line => line.Trim('|').Split('|'))
            .ToDictionary(
                static cells => cells[0].Trim(' ', '`'),
                static cells => cells[1].Split(',').Select(static command => command.Trim(' ', '`')).ToArray());

    [GeneratedRegex(@"^make (\S+)(?: FILTER=(\S+))?")]
    private static partial Regex TargetPattern();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespacePattern();

    [GeneratedRegex(@"^(?:public|internal) .*class (\w+)", RegexOptions.Multiline)]
    private static partial Regex ClassPattern();
}
