using System.Collections.Generic;

namespace Lachesis.Tools.Docs;

/// <summary>A block of code in a document.</summary>
/// <param name="Marker">What it is.</param>
/// <param name="First">The index of its first line of text in the document.</param>
/// <param name="Text">Its lines without the indentation that makes them code.</param>
/// <param name="Indentation">That indentation; "" between fences.</param>
public sealed record CodeBlock(Marker Marker, int First, IReadOnlyList<string> Text, string Indentation);
