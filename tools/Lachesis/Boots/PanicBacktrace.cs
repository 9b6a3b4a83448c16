using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;
using Lachesis.Tools.Elf;

namespace Lachesis.Tools.Boots;

/// <summary>
/// What a panicking kernel wrote to its log, with names: for each CPU a line that says why it stopped, then where it was
/// and who had called it.
/// </summary>
public static partial class PanicBacktrace
{
    /// <summary>The backtraces of all CPUs in a log, that of the first to panic first; empty if there was no
    /// panic.</summary>
    /// <param name="log">Lines of the log.</param>
    /// <param name="kernel">Symbols, or null: then there are bare addresses, which is better than nothing.</param>
    public static IReadOnlyList<string> Read(IEnumerable<string> log, ElfFile? kernel)
    {
        List<string> lines = [];
        foreach (string line in log)
        {
            if (Header().Match(line) is { Success: true } header)
            {
                lines.Add(header.Groups["who"].Value);
                lines.Add(Frame(kernel, header.Groups["rip"].Value));
            }
            else if (lines.Count > 0 && Caller().Match(line) is { Success: true } caller)
            {
                lines.Add(Frame(kernel, caller.Groups["rip"].Value));
            }
        }

        return lines;
    }

    private static string Frame(ElfFile? kernel, string text)
    {
        ulong address = ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return kernel?.FindSymbol(address) is { } symbol
            ? $"  0x{address:x} {symbol.Name}+0x{symbol.Offset:x}"
            : $"  0x{address:x} ?";
    }

    [GeneratedRegex("^panic: (?<who>cpu [0-9]+: .*) rip 0x(?<rip>[0-9a-f]{1,16}) error ")]
    private static partial Regex Header();

    [GeneratedRegex("^  at 0x(?<rip>[0-9a-f]{1,16})$")]
    private static partial Regex Caller();
}
