namespace Lachesis.Arch.X64;

/// <summary>Finds out how fast the time-stamp counter and the local timer run, against ACPI's power management timer, whose rate
/// is fixed.</summary>
internal static unsafe class ClockCalibration
{
    private const uint ReferenceHz = 3_579_545;

    // It counts up and wraps after 4.69 s; the upper byte is there on some machines only.
    private const uint ReferenceMask = 0xFF_FFFF;
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    // 20 ms: one tick of the reference is then 1 part in 70,000.
    private const uint WindowTicks = ReferenceHz / 50;

    // The host may stop this CPU between two of the three readings: of several tries, the one that took least time counts.
    private const int ReadingsPerSample = 32;

    // It may stop it for longer than the reference takes to wrap, or at all readings of one window: so windows follow each other
    // until two agree, to 1 part in 1,000; on a host where none do, the last counts.
    private const int MaxWindows = 64;
    private const ulong AgreementRatio = 1000;

    // QEMU's -icount makes exactly one tick a nanosecond; the reference says so only nearly. Snap to it, so that a nanosecond is
    // one instruction there and figures are the same from run to run.
    private const ulong SnapWindow = NanosecondsPerSecond / 5000;

    private struct Reading
    {
        internal ulong Tsc;
        internal uint Timer;
        internal uint Reference;
    }

    private struct Rates
    {
        internal ulong TscHz;
        internal ulong TimerHz;
        internal ulong Start;

        internal readonly bool AgreeWith(in Rates other) => IsNear(TscHz, other.TscHz) && IsNear(TimerHz, other.TimerHz);

        private static bool IsNear(ulong one, ulong other) => (one < other ? other - one : one - other) <= one / AgreementRatio;
    }

    /// <summary>Fills the clock's part of <paramref name="machine"/>. The local controller is on. Boot CPU only.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="referencePort">I/O port of the power management timer.</param>
    internal static void Calibrate(X64State* machine, uint referencePort)
    {
        Rates rates = Measure(machine, referencePort);
        for (int i = 1; i < MaxWindows; i++)
        {
            Rates previous = rates;
            rates = Measure(machine, referencePort);
            if (rates.AgreeWith(in previous))
            {
                break;
            }
        }

        machine->TscHz = Snap(rates.TscHz);
        machine->TimerHz = Snap(rates.TimerHz);
        machine->ClockMultiplier = (NanosecondsPerSecond << 32) / machine->TscHz;
        machine->TscMultiplier = (machine->TscHz << 30) / (NanosecondsPerSecond >> 2);
        machine->TimerMultiplier = (machine->TimerHz << 30) / (NanosecondsPerSecond >> 2);
        machine->ClockBase = rates.Start;
    }

    // One window, and the rates that follow from it.
    private static Rates Measure(X64State* machine, uint referencePort)
    {
        LocalApic.StartCounting(machine);
        Reading first = Read(machine, referencePort);
        Reading last = first;
        while (TicksBetween(first, last) < WindowTicks)
        {
            last = Read(machine, referencePort);
        }

        LocalApic.StopCounting(machine);
        ulong ticks = TicksBetween(first, last);
        Rates rates = default;
        rates.TscHz = (last.Tsc - first.Tsc) * ReferenceHz / ticks;
        rates.TimerHz = (last.Timer - (ulong)first.Timer) * ReferenceHz / ticks;
        rates.Start = first.Tsc;
        return rates;
    }

    private static Reading Read(X64State* machine, uint referencePort)
    {
        Reading best = default;
        ulong least = ulong.MaxValue;
        for (int i = 0; i < ReadingsPerSample; i++)
        {
            ulong before = Stubs.ReadTsc();
            uint reference = Stubs.ReadPort32(referencePort);
            uint timer = LocalApic.ElapsedTicks(machine);
            ulong after = Stubs.ReadTsc();
            if (after - before < least)
            {
                least = after - before;
                best.Tsc = before + (least / 2);
                best.Timer = timer;
                best.Reference = reference;
            }
        }

        return best;
    }

    private static uint TicksBetween(Reading first, Reading last) => (last.Reference - first.Reference) & ReferenceMask;

    private static ulong Snap(ulong hz) =>
        hz > NanosecondsPerSecond - SnapWindow && hz < NanosecondsPerSecond + SnapWindow ? NanosecondsPerSecond : hz;
}
