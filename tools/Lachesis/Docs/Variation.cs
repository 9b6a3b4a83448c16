using System;

namespace Lachesis.Tools.Docs;

/// <summary>What of an example's output may differ from one run to the next, or from one host to another.</summary>
[Flags]
public enum Variation
{
    /// <summary>Every character is the same.</summary>
    Nothing = 0,

    /// <summary>Hexadecimal numbers: 0x with at least four digits.</summary>
    Addresses = 1,

    /// <summary>Line numbers, behind the name of a source file and before a line that gdb lists; the line's text counts.</summary>
    Lines = 2,

    /// <summary>All numbers, and with them the width of columns.</summary>
    Figures = 4,

    /// <summary>Whether a measurement passes or is inconclusive, and why: what the host does decides that.</summary>
    Verdict = 8,
}
