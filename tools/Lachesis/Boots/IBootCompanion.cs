using Lachesis.Tools.Qemu;

namespace Lachesis.Tools.Boots;

/// <summary>Something that the host does while a machine runs, in the thread that waits for its end.</summary>
internal interface IBootCompanion
{
    /// <summary>Called every few milliseconds until the machine has ended. May stop the machine, and lets it go on before it
    /// returns.</summary>
    /// <param name="monitor">The machine's.</param>
    /// <param name="files">The files that it is writing.</param>
    void Poll(MachineMonitor monitor, MachineFiles files);
}
