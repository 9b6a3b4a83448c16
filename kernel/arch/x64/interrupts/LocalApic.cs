namespace Lachesis.Arch.X64;

/// <summary>A CPU's local interrupt controller: its timer, and interrupts between CPUs. xAPIC, or x2APIC where there is
/// one.</summary>
internal static unsafe class LocalApic
{
    internal const uint TimerVector = 0x20;
    internal const uint RescheduleVector = 0x21;
    internal const uint SpuriousVector = 0xFF;

    private const uint ApicBaseMsr = 0x1B;
    private const uint TscDeadlineMsr = 0x6E0;
    private const uint X2ApicMsrs = 0x800;

    private const uint IdRegister = 0x20;
    private const uint TaskPriority = 0x80;
    private const uint EndOfInterruptRegister = 0xB0;
    private const uint SpuriousRegister = 0xF0;
    private const uint IcrLow = 0x300;
    private const uint IcrHigh = 0x310;
    private const uint TimerRegister = 0x320;
    private const uint InitialCount = 0x380;
    private const uint CurrentCount = 0x390;
    private const uint DivideRegister = 0x3E0;

    private const uint DivideByOne = 0xB;
    private const uint Masked = 1 << 16;
    private const uint DeadlineMode = 2 << 17;
    private const uint InitAssert = 0x4500;
    private const uint StartUp = 0x4600;
    private const uint NmiDelivery = 0x4400;
    private const uint DeliveryPending = 1 << 12;

    /// <summary>Turns the calling CPU's controller on, its timer ready for one-shot use.</summary>
    internal static void Enable(X64State* machine)
    {
        ulong apicBase = Stubs.ReadMsr(ApicBaseMsr);
        Stubs.WriteMsr(ApicBaseMsr, apicBase | 1 << 11 | (machine->X2Apic ? 1ul << 10 : 0));
        Write(machine, SpuriousRegister, 0x100 | SpuriousVector);
        Write(machine, TaskPriority, 0);
        Write(machine, DivideRegister, DivideByOne);
        Write(machine, TimerRegister, TimerVector | (machine->TscDeadline ? DeadlineMode : 0));
    }

    /// <summary>The calling CPU's number.</summary>
    internal static ulong Id(X64State* machine) =>
        machine->X2Apic ? Stubs.ReadMsr(X2ApicMsrs + (IdRegister >> 4)) : Read(machine, IdRegister) >> 24;

    /// <summary>Says that the interrupt taken is dealt with.</summary>
    internal static void EndOfInterrupt(X64State* machine) => Write(machine, EndOfInterruptRegister, 0);

    /// <summary>Sets the timer to fire in that many nanoseconds, at least one tick; or, if negative, not at all.</summary>
    internal static void SetTimer(X64State* machine, long nanoseconds)
    {
        if (machine->TscDeadline)
        {
            ulong tsc = nanoseconds < 0 ? 0 : Stubs.ReadTsc() + Scale(nanoseconds, machine->TscMultiplier) + 1;
            Stubs.WriteMsr(TscDeadlineMsr, tsc);
            return;
        }

        ulong ticks = nanoseconds < 0 ? 0 : Scale(nanoseconds, machine->TimerMultiplier) + 1;
        Write(machine, InitialCount, ticks > uint.MaxValue ? uint.MaxValue : (uint)ticks);
    }

    /// <summary>Makes the timer count down from the top with its interrupt masked: for calibration.</summary>
    internal static void StartCounting(X64State* machine)
    {
        Write(machine, TimerRegister, TimerVector | Masked);
        Write(machine, InitialCount, uint.MaxValue);
    }

    /// <summary>How far it has counted since <see cref="StartCounting"/>.</summary>
    internal static uint ElapsedTicks(X64State* machine) => uint.MaxValue - Read(machine, CurrentCount);

    /// <summary>Ends <see cref="StartCounting"/>.</summary>
    internal static void StopCounting(X64State* machine) => Write(machine, InitialCount, 0);

    /// <summary>Sends an interrupt to another CPU.</summary>
    internal static void SendIpi(X64State* machine, ulong target, uint vector) => WriteIcr(machine, target, 0x4000 | vector);

    /// <summary>Sends a non-maskable interrupt: it stops the other CPU wherever it is.</summary>
    internal static void SendNmi(X64State* machine, ulong target) => WriteIcr(machine, target, NmiDelivery);

    /// <summary>Resets another CPU into waiting for <see cref="SendStartUp"/>.</summary>
    internal static void SendInit(X64State* machine, ulong target) => WriteIcr(machine, target, InitAssert);

    /// <summary>Starts a CPU in real mode at a page below 1 MiB.</summary>
    internal static void SendStartUp(X64State* machine, ulong target, ulong page) =>
        WriteIcr(machine, target, StartUp | (uint)(page >> 12));

    private static void WriteIcr(X64State* machine, ulong target, uint command)
    {
        if (machine->X2Apic)
        {
            Stubs.WriteMsr(X2ApicMsrs + (IcrLow >> 4), target << 32 | command);
            return;
        }

        while ((Read(machine, IcrLow) & DeliveryPending) != 0)
        {
            Stubs.Pause();
        }

        Write(machine, IcrHigh, (uint)target << 24);
        Write(machine, IcrLow, command);
    }

    private static ulong Scale(long nanoseconds, ulong multiplier)
    {
        // Two halves, so that no product overflows for deadlines of up to many hours.
        ulong ns = (ulong)nanoseconds;
        return ((ns >> 32) * multiplier) + ((ns & 0xFFFF_FFFF) * multiplier >> 32);
    }

    private static uint Read(X64State* machine, uint register) => machine->X2Apic
        ? (uint)Stubs.ReadMsr(X2ApicMsrs + (register >> 4))
        : System.Threading.Volatile.Read(ref *(uint*)(Layout.Devices + register));

    private static void Write(X64State* machine, uint register, uint value)
    {
        if (machine->X2Apic)
        {
            Stubs.WriteMsr(X2ApicMsrs + (register >> 4), value);
        }
        else
        {
            System.Threading.Volatile.Write(ref *(uint*)(Layout.Devices + register), value);
        }
    }
}
