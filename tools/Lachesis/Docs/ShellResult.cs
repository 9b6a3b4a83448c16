namespace Lachesis.Tools.Docs;

/// <summary>What a command did.</summary>
/// <param name="Status">Its exit status; null if it did not end in time.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it printed on its standard error.</param>
public sealed record ShellResult(int? Status, string Output, string Error);
