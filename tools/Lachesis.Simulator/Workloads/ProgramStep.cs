namespace Lachesis.Simulator;

/// <summary>One thing that a program does.</summary>
/// <param name="Thread">Index of the thread.</param>
/// <param name="Generation">Generation of the thread.</param>
/// <param name="Number">How many things it did before.</param>
internal readonly record struct ProgramStep(uint Thread, uint Generation, uint Number);
