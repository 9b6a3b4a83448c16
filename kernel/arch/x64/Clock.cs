namespace Lachesis.Arch.X64;

/// <summary>Finds out how fast the time-stamp counter and the local timer run, against the PIT, whose rate is fixed.</summary>
internal static unsafe class Clock
{
    private const uint PitHz = 1_193_182;
    private const uint PitChannel2 = 0x42;
    private const uint PitCommand = 0x43;
    private const uint SpeakerPort = 0x61;
    private const uint OutputHigh = 0x20;

    // 10 ms: errors of reading the ports stay below 1 part in 10,000.
    private const uint PitTicks = PitHz / 100;
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    // QEMU's -icount gives exactly one tick a nanosecond; the PIT says so only nearly. Snap to it, so that a nanosecond is one
    // instruction there and figures are the same from run to run.
    private const ulong SnapWindow = NanosecondsPerSecond / 1000;

    /// <summary>Fills the clock's part of <paramref name="machine"/>. The local controller is on. Boot CPU only.</summary>
    internal static void Calibrate(X64State* machine)
    {
        // Channel 2, one-shot (mode 0), gate off until both are ready.
        Stubs.WritePort8(SpeakerPort, Stubs.ReadPort8(SpeakerPort) & 0xFCu);
        Stubs.WritePort8(PitCommand, 0xB0);
        Stubs.WritePort8(PitChannel2, PitTicks & 0xFF);
        Stubs.WritePort8(PitChannel2, PitTicks >> 8);
        LocalApic.StartCounting(machine);
        ulong start = Stubs.ReadTsc();
        Stubs.WritePort8(SpeakerPort, Stubs.ReadPort8(SpeakerPort) | 1);
        while ((Stubs.ReadPort8(SpeakerPort) & OutputHigh) == 0)
        {
        }

        ulong ticks = Stubs.ReadTsc() - start;
        ulong timerTicks = LocalApic.StopCounting(machine);
        machine->TscHz = Snap(ticks * PitHz / PitTicks);
        machine->TimerHz = Snap(timerTicks * PitHz / PitTicks);
        machine->ClockMultiplier = (NanosecondsPerSecond << 32) / machine->TscHz;
        machine->TscMultiplier = (machine->TscHz << 30) / (NanosecondsPerSecond >> 2);
        machine->TimerMultiplier = (machine->TimerHz << 30) / (NanosecondsPerSecond >> 2);
        machine->ClockBase = start;
    }

    private static ulong Snap(ulong hz) =>
        hz > NanosecondsPerSecond - SnapWindow && hz < NanosecondsPerSecond + SnapWindow ? NanosecondsPerSecond : hz;
}
