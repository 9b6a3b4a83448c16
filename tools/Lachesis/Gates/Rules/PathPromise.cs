using System.Collections.Generic;
using Lachesis.Tools.Gates.Code;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>
/// What is promised about all code that a path of the kernel can reach. Functions go by their source names
/// (<see cref="SourceName"/>), in which <c>*</c> stands for any characters.
/// </summary>
public sealed record PathPromise
{
    /// <summary>The path's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it begins.</summary>
    public required IReadOnlyList<SymbolPattern> Entries { get; init; }

    /// <summary>Functions on it whose own instructions count, but not what they call, and why.</summary>
    public IReadOnlyDictionary<SymbolPattern, string> OwnCodeOnly { get; init; } = new Dictionary<SymbolPattern, string>();

    /// <summary>Functions that never return, so that the path is over there, and why.</summary>
    public IReadOnlyDictionary<SymbolPattern, string> NeverReturning { get; init; } = new Dictionary<SymbolPattern, string>();

    /// <summary>What it must not reach.</summary>
    public IReadOnlyList<Forbidden> Forbidden { get; init; } = [];

    /// <summary>The bounds of its loops, by name.</summary>
    public IReadOnlyDictionary<string, string> Bounds { get; init; } = new Dictionary<string, string>();

    /// <summary>Of each function with loops the name of each loop's bound, in ascending addresses of where they begin.</summary>
    public IReadOnlyDictionary<SymbolPattern, IReadOnlyList<string>> Loops { get; init; } =
        new Dictionary<SymbolPattern, IReadOnlyList<string>>();

    /// <summary>Functions through which it may come round to functions that it is in, and how often at most.</summary>
    public IReadOnlyDictionary<SymbolPattern, string> Recursion { get; init; } = new Dictionary<SymbolPattern, string>();
}

/// <summary>Functions that a path must not reach.</summary>
/// <param name="What">What they do.</param>
/// <param name="Functions">The functions.</param>
/// <param name="Except">Callers that may call them, and why.</param>
public sealed record Forbidden(
    string What, IReadOnlyList<SymbolPattern> Functions, IReadOnlyDictionary<SymbolPattern, string> Except);
