using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Lachesis.Tools.Docs;

/// <summary>Whether what documents tell their readers to type, open and follow exists.</summary>
public sealed partial class NameCheck
{
    private static readonly string[] s_tops = ["kernel/", "boot/", "tools/", "tests/", "bench/", "docs/", ".vscode/"];

    private readonly string _root;
    private readonly Command _tool;
    private readonly Lazy<HashSet<string>> _targets;
    private readonly HashSet<string> _variables;

    /// <summary>Knows the repository's Makefile, its variables and the host command.</summary>
    public NameCheck(string root, Command tool, Shell shell)
    {
        _root = root;
        _tool = tool;
        _targets = new(() => [.. Targets().Matches(shell.Run("make -pRrq no-such-target 2>/dev/null || true").Output).Select(Name)]);
        _variables = [.. Variables().Matches(File.ReadAllText(Path.Combine(root, "boot/variables.txt"))).Select(Name)];
    }

    /// <summary>What is wrong in the text of a document.</summary>
    public IEnumerable<Finding> Check(Document document)
    {
        HashSet<int> inBlocks = [.. document.Blocks.SelectMany(block => Enumerable.Range(block.First, block.Text.Count))];
        for (int i = 0; i < document.Lines.Count; i++)
        {
            if (inBlocks.Contains(i))
            {
                continue;
            }

            foreach (string problem in InText(document, document.Lines[i]))
            {
                yield return new Finding(document.Path, i + 1, problem);
            }
        }

        foreach (CodeBlock block in document.Blocks.Where(block => block.Marker.Kind == BlockKind.Commands))
        {
            for (int i = 0; i < block.Text.Count; i++)
            {
                // A comment or explanation stands behind the command.
                if (Problem(Explanation().Replace(block.Text[i], "")) is { } problem)
                {
                    yield return new Finding(document.Path, block.First + i + 1, problem);
                }
            }
        }
    }

    private IEnumerable<string> InText(Document document, string line)
    {
        foreach (Match match in Span().Matches(line))
        {
            if (Problem(match.Groups["code"].Value) is { } problem)
            {
                yield return problem;
            }
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(document.Path))!;
        foreach (Match match in Link().Matches(line))
        {
            string target = match.Groups["target"].Value;
            if (!target.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(folder, target)))
            {
                yield return $"no file '{target}'";
            }
        }
    }

    private string? Problem(string code)
    {
        // Variables may be given in the environment too; what the shell does with the output is not the command's.
        string[] words = [.. code.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .SkipWhile(word => Assignment().IsMatch(word))
            .TakeWhile(static word => word is not ("|" or ">"))];
        return words switch
        {
            ["make", .. string[] rest] => rest.Select(InMake).FirstOrDefault(problem => problem is not null),
            ["lachesis" or "artifacts/bin/lachesis", .. string[] rest] => InTool(rest) ?? MissingFile(rest),
            [string path] => MissingFile([path]),
            _ => null,
        };
    }

    private string? InMake(string word)
    {
        if (Assignment().Match(word) is { Success: true } assignment)
        {
            string name = assignment.Groups["name"].Value;
            return _variables.Contains(name) ? MissingFile([word[(name.Length + 1)..]]) : $"make knows no variable {name}";
        }

        return _targets.Value.Contains(word) || Placeholder(word) ? null : $"make knows no target '{word}'";
    }

    private string? InTool(string[] words)
    {
        // A mention of a command, or of it with some options, may leave out what is required.
        ParseResult parsed = _tool.Parse(words);
        HashSet<string> options = [.. parsed.CommandResult.Command.Options.SelectMany(option => option.Aliases.Append(option.Name)), "--help"];
        string? unknown = words.Where(word => word.StartsWith("--", StringComparison.Ordinal) && !options.Contains(word))
            .Concat(parsed.UnmatchedTokens.Where(token => !Placeholder(token)))
            .FirstOrDefault();
        return unknown is null ? null : $"the host command has no '{unknown}' in '{string.Join(' ', words)}'";
    }

    private static string Name(Match match) => match.Groups["name"].Value;

    private string? MissingFile(IEnumerable<string> words) =>
        words.Where(word => s_tops.Any(top => word.StartsWith(top, StringComparison.Ordinal)) && !Placeholder(word))
            .Where(word => !Path.Exists(Path.Combine(_root, Place().Replace(word, ""))) && !Matches(word))
            .Select(word => $"no file '{word}'")
            .FirstOrDefault();

    // A pattern holds if the folder exists in which it begins to be one.
    private bool Matches(string pattern) =>
        pattern.IndexOf('*', StringComparison.Ordinal) is int star and > 0
        && Directory.Exists(Path.Combine(_root, pattern[..(pattern.LastIndexOf('/', star) + 1)]));

    private static bool Placeholder(string word) => word.Contains('<', StringComparison.Ordinal) || Capitals().IsMatch(word);

    [GeneratedRegex("`(?<code>[^`]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"\]\((?<target>[^)#]+)(#[^)]*)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(\s{2,}|\s#).*$")]
    private static partial Regex Explanation();

    [GeneratedRegex("^(?<name>[A-Z_]+)=")]
    private static partial Regex Assignment();

    [GeneratedRegex("^[A-Z_.]+$")]
    private static partial Regex Capitals();

    [GeneratedRegex(":[0-9]+$")]
    private static partial Regex Place();

    [GeneratedRegex(@"^(?<name>[A-Za-z0-9_./-]+):", RegexOptions.Multiline)]
    private static partial Regex Targets();

    [GeneratedRegex("^(?<name>[A-Z_]+) *;", RegexOptions.Multiline)]
    private static partial Regex Variables();
}
