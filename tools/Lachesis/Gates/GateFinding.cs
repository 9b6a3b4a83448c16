namespace Lachesis.Tools.Gates;

/// <summary>One thing that a gate does not let through.</summary>
/// <param name="Gate">The gate's name.</param>
/// <param name="Place">Where: a function and offset, a section, a file.</param>
/// <param name="Message">What is wrong, in one line.</param>
public sealed record GateFinding(string Gate, string Place, string Message);
