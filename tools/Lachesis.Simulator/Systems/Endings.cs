using System;

namespace Lachesis.Simulator;

/// <summary>The kernel gave up.</summary>
public sealed class KernelPanicException(string message) : Exception(message);

/// <summary>The machine ended with a value for the exit port.</summary>
public sealed class MachineExitException(uint value) : Exception($"the machine ended with {value:x}")
{
    /// <summary>The value.</summary>
    public uint Value { get; } = value;
}

/// <summary>A CPU waits for a lock whose holder it interrupted: this interleaving cannot be modelled, and says
/// nothing.</summary>
public sealed class WouldSpinException() : Exception("a nested CPU would spin on a lock");

/// <summary>Something that must always hold does not.</summary>
public sealed class InvariantException(string message) : Exception(message);
