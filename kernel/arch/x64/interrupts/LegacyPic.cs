namespace Lachesis.Arch.X64;

/// <summary>
/// The two 8259 interrupt controllers, which the firmware leaves on with the vectors of exceptions. Nothing here uses
/// them: they are moved to vectors of their own, for the spurious interrupts that cannot be masked, and masked.
/// </summary>
internal static class LegacyPic
{
    private const uint MasterCommand = 0x20;
    private const uint MasterData = 0x21;
    private const uint SlaveCommand = 0xA0;
    private const uint SlaveData = 0xA1;
    private const uint Initialise = 0x11;
    private const uint MasterVectors = 0x30;
    private const uint SlaveVectors = 0x38;
    private const uint Mode8086 = 1;
    private const uint MaskAll = 0xFF;

    /// <summary>Silences both. Boot CPU only.</summary>
    internal static void Disable()
    {
        Stubs.WritePort8(MasterCommand, Initialise);
        Stubs.WritePort8(SlaveCommand, Initialise);
        Stubs.WritePort8(MasterData, MasterVectors);
        Stubs.WritePort8(SlaveData, SlaveVectors);
        Stubs.WritePort8(MasterData, 4); // the slave is on line 2
        Stubs.WritePort8(SlaveData, 2);
        Stubs.WritePort8(MasterData, Mode8086);
        Stubs.WritePort8(SlaveData, Mode8086);
        Stubs.WritePort8(MasterData, MaskAll);
        Stubs.WritePort8(SlaveData, MaskAll);
    }
}
