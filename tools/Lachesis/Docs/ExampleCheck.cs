using System;
using System.Collections.Generic;
using System.Linq;

namespace Lachesis.Tools.Docs;

/// <summary>Compares the examples of documents with what their commands print.</summary>
public sealed class ExampleCheck(Shell shell)
{
    private const string Prompt = "$ ";
    private const string SectionMark = "== ";

    /// <summary>What is wrong with an example; null if it is what its command prints.</summary>
    public Finding? Check(Document document, CodeBlock block) => Compare(document, block, out _);

    /// <summary>Puts what the command prints into the document, if it differs from what stands there.</summary>
    /// <returns>Why that cannot be done, or null.</returns>
    public Finding? Accept(Document document, CodeBlock block, out bool changed)
    {
        Finding? finding = Compare(document, block, out IReadOnlyList<string>? printed);
        changed = finding is not null && printed is not null;
        if (changed)
        {
            document.Replace(block, [.. CommandLine(block), .. printed!]);
            return null;
        }

        return finding;
    }

    private Finding? Compare(Document document, CodeBlock block, out IReadOnlyList<string>? printed)
    {
        printed = null;
        Marker marker = block.Marker;
        if (CommandLine(block) is [string typed] && !Runs(marker.Command, typed[Prompt.Length..]))
        {
            return Found(document, block, $"shows '{typed[Prompt.Length..]}', but its output is that of '{marker.Command}'");
        }

        ShellResult result = shell.Run(marker.Command);
        if (result.Status != marker.Status && !(marker.Varying.HasFlag(Variation.Verdict) && OutputComparison.IsInconclusive(result.Output)))
        {
            string end = result.Status is int status ? $"ended with status {status}, not {marker.Status}" : "did not end";
            return Found(document, block, $"'{marker.Command}' {end}: {LastLine(result.Error, result.Output)}");
        }

        if (Section(result.Output, marker.Section) is not { } lines)
        {
            return Found(document, block, $"'{marker.Command}' printed no section '{marker.Section}'");
        }

        printed = [.. OutputComparison.Wrap(lines, OutputComparison.Width - block.Indentation.Length)];
        IReadOnlyList<string> shown = [.. block.Text.Skip(CommandLine(block).Length)];
        return OutputComparison.FirstDifference(shown, printed, marker.Varying) is { } difference
            ? Found(document, block, $"differs from what '{marker.Command}' prints\n"
                + $"    here:    {difference.Shown}\n    printed: {difference.Printed}")
            : null;
    }

    private static Finding Found(Document document, CodeBlock block, string message) =>
        new(document.Path, block.First + 1, message);

    // What a reader types may lack what makes a check cheap: options and pipes behind it.
    private static bool Runs(string command, string typed) =>
        command == typed || command.StartsWith(typed + " ", StringComparison.Ordinal);

    private static string[] CommandLine(CodeBlock block) =>
        block.Text.Count > 0 && block.Text[0].StartsWith(Prompt, StringComparison.Ordinal) ? [block.Text[0]] : [];

    /// <summary>What a command that failed said last.</summary>
    internal static string LastLine(string error, string output) =>
        (error.Trim().Length > 0 ? error : output).TrimEnd().Split('\n')[^1];

    private static List<string>? Section(string output, string name)
    {
        IEnumerable<string> lines = output.TrimEnd().Split('\n').Select(line => line.TrimEnd());
        if (name.Length > 0)
        {
            string opening = SectionMark + name;
            lines = lines.SkipWhile(line => line != opening);
            if (!lines.Any())
            {
                return null;
            }

            lines = lines.Skip(1).TakeWhile(line => !line.StartsWith(SectionMark, StringComparison.Ordinal));
        }

        List<string> text = [.. lines];
        while (text.Count > 0 && text[^1].Length == 0)
        {
            text.RemoveAt(text.Count - 1);
        }

        return text;
    }
}
