using System;
using System.IO.Enumeration;
using System.Linq;

namespace Lachesis.Tools.Gates.Code;

/// <summary>A symbol's name in which <c>*</c> stands for any characters, such as <c>*___cctor</c>.</summary>
/// <param name="Text">The pattern.</param>
public readonly record struct SymbolPattern(string Text)
{
    /// <summary>Whether a name is meant.</summary>
    public bool Matches(string name) => FileSystemName.MatchesSimpleExpression(Text, name, ignoreCase: false);

    /// <summary>Whether a function is meant by one of its source names.</summary>
    public bool MatchesSourceOf(CodeFunction function) => function.SourceNames.Any(Matches);

    /// <summary>The pattern.</summary>
    public override string ToString() => Text;

    /// <summary>Patterns from their texts.</summary>
    public static SymbolPattern[] List(params string[] texts) =>
        Array.ConvertAll(texts, static text => new SymbolPattern(text));
}
