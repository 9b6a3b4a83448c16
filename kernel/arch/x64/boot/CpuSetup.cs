using Lachesis.Core.Sched;
using Lachesis.Core.Time;

namespace Lachesis.Arch.X64;

/// <summary>Bringing the calling CPU into the state in which the kernel runs: tables, protections, system calls,
/// interrupts.</summary>
internal static unsafe class CpuSetup
{
    private const uint EferMsr = 0xC000_0080;
    private const uint StarMsr = 0xC000_0081;
    private const uint LstarMsr = 0xC000_0082;
    private const uint FlagMaskMsr = 0xC000_0084;
    private const uint GsBaseMsr = 0xC000_0101;
    private const uint KernelGsBaseMsr = 0xC000_0102;
    private const ulong EferSystemCalls = 1;

    // Cleared on entry by a system call: trap, interrupts, direction, I/O level, nested task, alignment check.
    private const ulong ClearedFlags = 0x4_7700;

    /// <summary>Sets everything up; interrupts stay off. The CPU is on its kernel stack over the kernel's page
    /// tables.</summary>
    internal static void Initialize(X64Cpu* cpu)
    {
        X64State* machine = cpu->Machine;
        ulong* stacks = stackalloc ulong[3];
        for (uint i = 0; i < 3; i++)
        {
            stacks[i] = KernelStacks.ExceptionTop(cpu->Core.Id, i);
        }

        Segments.Load(cpu, cpu->Core.KernelStackTop, stacks);
        Stubs.WriteMsr(GsBaseMsr, (ulong)cpu);
        Stubs.WriteMsr(KernelGsBaseMsr, 0);
        Stubs.WriteMsr(EferMsr, Stubs.ReadMsr(EferMsr) | EferSystemCalls);
        Stubs.WriteMsr(StarMsr, (ulong)Segments.UserBase << 48 | (ulong)Segments.KernelCode << 32);
        Stubs.WriteMsr(LstarMsr, Stubs.LinkAddresses()->SystemCallEntry);
        Stubs.WriteMsr(FlagMaskMsr, ClearedFlags);
        Stubs.WriteCr4(Stubs.ReadCr4() | machine->Cr4Extra);
        cpu->Core.GuardsUserPages = (machine->Cr4Extra & CpuFeatures.Cr4SupervisorAccessPrevention) != 0 ? 1ul : 0;
        LocalApic.Enable(machine);
        cpu->ApicId = LocalApic.Id(machine);
    }

    /// <summary>The CPU reads the clock that was calibrated.</summary>
    internal static void SetClock(X64Cpu* cpu)
    {
        cpu->Core.ClockBase = cpu->Machine->ClockBase;
        cpu->Core.ClockMultiplier = cpu->Machine->ClockMultiplier;
    }

    /// <summary>From now on, this CPU's time is put to account.</summary>
    internal static void BeginAccounting(Cpu* cpu)
    {
        cpu->AccountedFrom = X64Machine.Now(cpu);
        cpu->AccountedUntil = cpu->AccountedFrom;
        cpu->TimerDeadline = Instant.Never;
        cpu->NeedsRescheduleIpi = 1;
    }
}
