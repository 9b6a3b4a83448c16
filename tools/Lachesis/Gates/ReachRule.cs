namespace Lachesis.Tools.Gates;

/// <summary>A promise about calls: from these functions none of those is ever reached.</summary>
/// <param name="From">The entry points.</param>
/// <param name="Forbidden">The functions that must be out of their reach.</param>
public sealed record ReachRule(SymbolPattern From, SymbolPattern Forbidden)
{
    /// <summary>From <c>FROM=PATTERN</c>; null if it is not of that form.</summary>
    public static ReachRule? Parse(string text)
    {
        int equals = text.IndexOf('=');
        return equals > 0 && equals < text.Length - 1
            ? new ReachRule(new SymbolPattern(text[..equals]), new SymbolPattern(text[(equals + 1)..]))
            : null;
    }
}
