namespace Lachesis.Tools.Gates.Code;

/// <summary>Bytes of an executable section that belong to no symbol and are more than padding.</summary>
/// <param name="Section">The section's name.</param>
/// <param name="Address">Where they start.</param>
/// <param name="Size">How many, up to the next symbol.</param>
public sealed record CodeGap(string Section, ulong Address, ulong Size);
