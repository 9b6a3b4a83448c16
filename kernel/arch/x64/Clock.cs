namespace Lachesis.Arch.X64;

/// <summary>Finds out how fast the time-stamp counter and the local timer run, against the PIT, whose rate is
/// fixed.</summary>
internal static unsafe class Clock
{
    private const uint PitHz = 1_193_182;
    private const uint PitChannel2 = 0x42;
    private const uint PitCommand = 0x43;
    private const uint Channel2CountDown = 0xB0;
    private const uint LatchChannel2 = 0x80;
    private const uint SpeakerPort = 0x61;
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    // 40 ms: one tick of the PIT is then 1 part in 50,000. Below 65,536, where it wraps.
    private const uint WindowTicks = PitHz / 25;

    // The host may stop this CPU between two of the three readings: of several tries, the one that took least time counts.
    private const int Tries = 32;

    // QEMU's -icount gives exactly one tick a nanosecond; the PIT says so only nearly. Snap to it, so that a nanosecond is
    // one instruction there and figures are the same from run to run.
    private const ulong SnapWindow = NanosecondsPerSecond / 5000;

    private struct Reading
    {
        internal ulong Tsc;
        internal uint Timer;
        internal uint Pit;
    }

    /// <summary>Fills the clock's part of <paramref name="machine"/>. The local controller is on. Boot CPU only.</summary>
    internal static void Calibrate(X64State* machine)
    {
        // Gate and speaker: count, silently.
        Stubs.WritePort8(SpeakerPort, (Stubs.ReadPort8(SpeakerPort) & 0xFCu) | 1);
        Stubs.WritePort8(PitCommand, Channel2CountDown);
        Stubs.WritePort8(PitChannel2, 0xFF);
        Stubs.WritePort8(PitChannel2, 0xFF);
        LocalApic.StartCounting(machine);
        Reading first = Read(machine);
        Reading last = Read(machine);
        while (PitTicksBetween(first, last) < WindowTicks)
        {
            last = Read(machine);
        }

        LocalApic.StopCounting(machine);
        ulong pitTicks = PitTicksBetween(first, last);
        machine->TscHz = Snap((last.Tsc - first.Tsc) * PitHz / pitTicks);
        machine->TimerHz = Snap((last.Timer - (ulong)first.Timer) * PitHz / pitTicks);
        machine->ClockMultiplier = (NanosecondsPerSecond << 32) / machine->TscHz;
        machine->TscMultiplier = (machine->TscHz << 30) / (NanosecondsPerSecond >> 2);
        machine->TimerMultiplier = (machine->TimerHz << 30) / (NanosecondsPerSecond >> 2);
        machine->ClockBase = first.Tsc;
    }

    private static Reading Read(X64State* machine)
    {
        Reading best = default;
        ulong least = ulong.MaxValue;
        for (int i = 0; i < Tries; i++)
        {
            ulong before = Stubs.ReadTsc();
            Stubs.WritePort8(PitCommand, LatchChannel2);
            uint timer = LocalApic.Counted(machine);
            ulong after = Stubs.ReadTsc();
            uint low = Stubs.ReadPort8(PitChannel2);
            uint pit = low | Stubs.ReadPort8(PitChannel2) << 8;
            if (after - before < least)
            {
                least = after - before;
                best.Tsc = before + (least / 2);
                best.Timer = timer;
                best.Pit = pit;
            }
        }

        return best;
    }

    // It counts down and wraps at 16 bits.
    private static uint PitTicksBetween(Reading first, Reading last) => (first.Pit - last.Pit) & 0xFFFF;

    private static ulong Snap(ulong hz) =>
        hz > NanosecondsPerSecond - SnapWindow && hz < NanosecondsPerSecond + SnapWindow ? NanosecondsPerSecond : hz;
}
