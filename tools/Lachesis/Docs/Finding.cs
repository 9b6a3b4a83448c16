namespace Lachesis.Tools.Docs;

/// <summary>Something in a document that is not so.</summary>
/// <param name="Path">The document.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Message">What is wrong.</param>
public sealed record Finding(string Path, int Line, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}:{Line}: {Message}";
}
