using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Lachesis.Tools.Docs;

/// <summary>
/// The comment above a block that says what it is: <c>commands</c>, <c>scenario</c>, <c>patch</c>, <c>source</c>,
/// <c>drawing</c>, or <c>output[, section NAME][, status N][, varying WORDS,] of: COMMAND</c>.
/// </summary>
public sealed partial record Marker(BlockKind Kind)
{
    /// <summary>The shell command that prints the block, or "".</summary>
    public string Command { get; private init; } = "";

    /// <summary>The part of what the command prints that counts: from the line "== NAME" to the next such line; "" for all.</summary>
    public string Section { get; private init; } = "";

    /// <summary>The exit status that the command must end with.</summary>
    public int Status { get; private init; }

    /// <summary>What may differ from run to run.</summary>
    public Variation Varying { get; private init; }

    /// <summary>Reads a line.</summary>
    /// <returns>The marker, or null if the line is no comment.</returns>
    /// <exception cref="FormatException">The comment is no marker; the message says why.</exception>
    public static Marker? Read(string line)
    {
        if (Comment().Match(line) is not { Success: true } comment)
        {
            return null;
        }

        string text = comment.Groups["text"].Value;
        if (Enum.TryParse(text, ignoreCase: true, out BlockKind kind) && kind != BlockKind.Output && char.IsLetter(text[0]))
        {
            return new Marker(kind);
        }

        return Output().Match(text) is { Success: true } output
            ? new Marker(BlockKind.Output)
            {
                Command = output.Groups["command"].Value,
                Section = output.Groups["section"].Value,
                Status = output.Groups["status"].Success ? int.Parse(output.Groups["status"].Value) : 0,
                Varying = Variations(output.Groups["varying"].Value),
            }
            : throw new FormatException($"'{text}' does not say what the block is: commands, scenario, patch, source, drawing, "
                + "or output[, section NAME][, status N][, varying WORDS,] of: COMMAND");
    }

    private static Variation Variations(string words)
    {
        Variation all = Variation.Nothing;
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            all |= Enum.TryParse(word, ignoreCase: true, out Variation one) && char.IsLetter(word[0])
                ? one
                : throw new FormatException($"'{word}' is not one of {string.Join(", ", Names().Select(n => n.ToLowerInvariant()))}");
        }

        return all;
    }

    private static IEnumerable<string> Names() => Enum.GetNames<Variation>().Where(name => name != nameof(Variation.Nothing));

    [GeneratedRegex("^<!-- (?<text>.+) -->$")]
    private static partial Regex Comment();

    [GeneratedRegex("^output(, section (?<section>[a-z-]+))?(, status (?<status>[0-9]+))?(, varying (?<varying>[a-z ]+))?,? of: (?<command>.+)$")]
    private static partial Regex Output();
}
