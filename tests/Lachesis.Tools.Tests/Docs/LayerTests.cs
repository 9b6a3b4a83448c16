using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Docs;

/// <summary>The layers of kernel/core as docs/architecture.md draws them, against the sources: what a folder's code calls lies in the
/// same folder or in a layer below, but for the calls that the document lists with their reasons.</summary>
public sealed partial class LayerTests
{
    private static readonly string s_core = Path.Combine(Repository.Root, "kernel/core");
    private static readonly string[] s_document = File.ReadAllLines(Path.Combine(Repository.Root, "docs/architecture.md"));
    private static readonly string[] s_files = Directory.GetFiles(s_core, "*.cs", SearchOption.AllDirectories);

    // Folders from the bottom to the top; those of one row are in the order of the row.
    private static readonly string[] s_layers =
        [.. Rows("| layer |").Reverse().SelectMany(static cells => Names(cells[1]))];

    private static readonly (string Name, bool Generic, string Folder)[] s_classes = [.. s_files.SelectMany(Classes).Distinct()];

    [Fact]
    public void Every_folder_is_in_one_layer() => Assert.Equal(
        Directory.GetDirectories(s_core).Select(static folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal),
        s_layers.Order(StringComparer.Ordinal));

    [Fact]
    public void Calls_go_down_but_for_those_that_are_listed() => Assert.Equal(
        Rows("| call up |").Select(static cells => cells[0].Trim(' ', '`')).Order(StringComparer.Ordinal),
        s_files.SelectMany(CallsUp).Distinct().Order(StringComparer.Ordinal));

    // "from > to: Class", of each class of another folder above that the file calls.
    private static IEnumerable<string> CallsUp(string file)
    {
        string from = FolderOf(file);
        string code = CommentPattern().Replace(File.ReadAllText(file), "");
        return from == "" ? [] : s_classes
            .Where(callee => Array.IndexOf(s_layers, callee.Folder) > Array.IndexOf(s_layers, from))
            .Where(callee => code.Contains(callee.Name, StringComparison.Ordinal))
            .Where(callee => Regex.IsMatch(
                code, callee.Generic ? $@"\b{callee.Name}<TMachine>\." : $@"(?<![\w.>]){callee.Name}\.\w"))
            .Select(callee => $"{from} > {callee.Folder}: {callee.Name}");
    }

    private static IEnumerable<(string Name, bool Generic, string Folder)> Classes(string file) =>
        ClassPattern().Matches(File.ReadAllText(file))
            .Select(match => (match.Groups[1].Value, match.Groups[2].Success, FolderOf(file)))
            .Where(static found => found.Item3 != "");

    // What lies at the top of the core belongs to all layers.
    private static string FolderOf(string file)
    {
        string path = Path.GetRelativePath(s_core, file);
        return path.Contains('/') ? path.Split('/')[0] : "";
    }

    private static IEnumerable<string[]> Rows(string heading) =>
        s_document.SkipWhile(line => !line.StartsWith(heading, StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(static line => line.StartsWith('|'))
            .Select(static line => line.Trim('|').Split('|'));

    private static IEnumerable<string> Names(string cell) => NamePattern().Matches(cell).Select(static match => match.Groups[1].Value);

    [GeneratedRegex(@"//.*")]
    private static partial Regex CommentPattern();

    [GeneratedRegex(@"\bstatic (?:unsafe )?(?:partial )?class (\w+)(<TMachine>)?")]
    private static partial Regex ClassPattern();

    [GeneratedRegex(@"`(\w+)/`")]
    private static partial Regex NamePattern();
}
