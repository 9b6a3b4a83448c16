using Lachesis.Abi;

namespace Lachesis.Core.Calls;

/// <summary>What a spawn request passes to the new process, as read from the caller's memory.</summary>
public unsafe struct Endowment
{
    private fixed byte _capabilities[16 * (int)CallLimits.MaxSpawnCapabilities];

    /// <summary>How many.</summary>
    public uint Count;

    /// <summary>The first, where <see cref="CallLimits.MaxSpawnCapabilities"/> have room.</summary>
    public static SpawnCapability* First(Endowment* endowment) => (SpawnCapability*)endowment->_capabilities;
}
