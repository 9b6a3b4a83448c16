using Lachesis.Abi;

namespace Lachesis.Core.Processes;

/// <summary>What a spawn request passes to the new process, as read from the caller's memory.</summary>
public unsafe struct SpawnCapabilityList
{
    private fixed byte _capabilities[16 * (int)CallLimits.MaxSpawnCapabilities];

    /// <summary>How many.</summary>
    public uint Count;

    /// <summary>The first, where <see cref="CallLimits.MaxSpawnCapabilities"/> have room.</summary>
    public static SpawnCapability* First(SpawnCapabilityList* list) => (SpawnCapability*)list->_capabilities;
}
