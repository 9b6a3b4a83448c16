namespace Lachesis.Arch.X64;

/// <summary>What the CPU can do beyond what the kernel must have, which was checked before (boot/stubs/start/CpuCheck.cs).</summary>
internal static unsafe class CpuFeatures
{
    internal const ulong Cr4MachineCheck = 1 << 6;
    internal const ulong Cr4GlobalPages = 1 << 7;
    internal const ulong Cr4UserModeInstructionPrevention = 1 << 11;
    internal const ulong Cr4SupervisorExecutionPrevention = 1 << 20;
    internal const ulong Cr4SupervisorAccessPrevention = 1 << 21;

    private const uint X2ApicBit = 1 << 21;
    private const uint TscDeadlineBit = 1 << 24;
    private const uint SmepBit = 1 << 7;
    private const uint SmapBit = 1 << 20;
    private const uint UmipBit = 1 << 2;

    /// <summary>Fills the features part of <paramref name="machine"/>.</summary>
    internal static void Detect(X64State* machine)
    {
        CpuIdResult result;
        Stubs.CpuId(1, 0, &result);
        machine->X2Apic = (result.Ecx & X2ApicBit) != 0;
        machine->TscDeadline = (result.Ecx & TscDeadlineBit) != 0;
        Stubs.CpuId(0, 0, &result);
        machine->Cr4Extra = Cr4MachineCheck | Cr4GlobalPages;
        if (result.Eax < 7)
        {
            return;
        }

        Stubs.CpuId(7, 0, &result);
        machine->Cr4Extra |= (result.Ebx & SmepBit) != 0 ? Cr4SupervisorExecutionPrevention : 0;
        machine->Cr4Extra |= (result.Ebx & SmapBit) != 0 ? Cr4SupervisorAccessPrevention : 0;
        machine->Cr4Extra |= (result.Ecx & UmipBit) != 0 ? Cr4UserModeInstructionPrevention : 0;
    }
}
