using System;
using System.CommandLine;
using System.Linq;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.CommandLine;

/// <summary>How every command that leaves evidence starts its run.</summary>
internal static class RunStart
{
    private const string PlainCharacters = "-_./,=:+@%";

    /// <summary>Where evidence goes.</summary>
    public static Option<string> Option() => new("--out")
    {
        Description = "folder of all evidence: each run makes NAME/RUN-ID in it, and NAME/latest links to the newest (default artifacts)",
    };

    /// <summary>Starts a run of that name.</summary>
    public static EvidenceRun StartRun(this ParseResult parsed, Option<string> place, string name) => EvidenceRun.Start(
        parsed.GetValue(place) ?? Repository.PathOf("artifacts"), name, CommandLine(parsed));

    // As a shell takes it.
    private static string CommandLine(ParseResult parsed) =>
        string.Join(' ', parsed.Tokens.Select(static token => Quote(token.Value)).Prepend("lachesis"));

    private static string Quote(string word) => word.Length > 0 && word.All(IsPlain)
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static bool IsPlain(char character) =>
        char.IsAsciiLetterOrDigit(character) || PlainCharacters.Contains(character, StringComparison.Ordinal);
}
