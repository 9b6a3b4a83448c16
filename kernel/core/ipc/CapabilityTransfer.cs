using Lachesis.Abi;
using Lachesis.Core.Processes;

namespace Lachesis.Core.Ipc;

/// <summary>
/// The capabilities of one message between the moment at which it was taken from its sender and that at which they are derived
/// for the receiver, without a lock. The sender may do anything meanwhile: its process is held.
/// </summary>
public unsafe struct CapabilityTransfer
{
    /// <summary>Whose they are, with a reference; null if there are none.</summary>
    public Process* SourceProcess;

    /// <summary>How many.</summary>
    public uint Count;

    /// <summary>Their handles there, of which some may be stale by now.</summary>
    public fixed uint Handles[(int)IpcBuffer.MaxCapabilities];
}
