namespace Lachesis.Boot.Elf;

/// <summary>Where an assembled function lies in its section.</summary>
public readonly record struct StubFunction(string Name, ulong Offset, ulong Size);
