using System.Globalization;
using System.Linq;

namespace Lachesis.Tools.Manifests;

/// <summary>One <c>name=value</c> that a program understands in its argument string.</summary>
/// <param name="Name">The name.</param>
/// <param name="Range">The whole numbers that are allowed; null: any word, which the program itself checks.</param>
/// <param name="Variable">The variable of make that carries it, or null.</param>
public sealed record ProgramParameter(string Name, (long Least, long Most)? Range, string? Variable)
{
    /// <summary>What is wrong with a value, in one line that names what the user typed; or null.</summary>
    public string? ErrorFor(string value)
    {
        if (Range is not (long least, long most))
        {
            return value.Length > 0 ? null : $"{Subject}: the value is missing ({Name}=)";
        }

        bool good = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && number >= least && number <= most;
        return good
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Subject}: '{ManifestNode.Printable(value)}' is not a whole number from {least} to {most} ({Name}=)");
    }

    private string Subject => Variable ?? Name;
}

/// <summary>Argument strings of programs: words <c>name=value</c> with a space between them.</summary>
public static class ProgramArguments
{
    /// <summary>What is wrong with the argument string of a process, in one line; or null.</summary>
    /// <param name="process">The process, whose manifest says what its program understands.</param>
    /// <param name="argument">The argument string that it is to start with.</param>
    public static string? ErrorFor(ProcessSettings process, string argument)
    {
        string[] words = argument.Split(' ', System.StringSplitOptions.RemoveEmptyEntries);
        foreach (string word in words)
        {
            int end = word.IndexOf('=');
            string name = end < 0 ? word : word[..end];
            ProgramParameter? parameter = process.Parameters.FirstOrDefault(one => one.Name == name);
            string? complaint = end >= 0 && parameter is not null ? parameter.ErrorFor(word[(end + 1)..]) : Unknown(process, word);
            complaint ??= words.Count(other => other.StartsWith(name + "=", System.StringComparison.Ordinal)) > 1
                ? $"{parameter!.Variable ?? name}: given more than once ({name}=)"
                : null;
            if (complaint is not null)
            {
                return complaint;
            }
        }

        return null;
    }

    private static string Unknown(ProcessSettings process, string word)
    {
        string allowed = process.Parameters.Count == 0
            ? "the manifest declares no parameters"
            : $"parameters: {string.Join(", ", process.Parameters.Select(static one => one.Name + "="))}";
        return $"'{ManifestNode.Printable(word)}' is nothing that {process.Program} understands; {allowed}";
    }
}
