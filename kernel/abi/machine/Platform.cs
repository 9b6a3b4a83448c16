namespace Lachesis.Abi;

/// <summary>Where the host's QEMU and the guest meet.</summary>
public static class Platform
{
    /// <summary>I/O port of the log (a 16550 serial port, COM1).</summary>
    public const ushort LogPort = 0x3F8;

    /// <summary>I/O port of the report channel (QEMU's isa-debugcon): one byte a write, no handshake.</summary>
    public const ushort ReportPort = 0xE9;

    /// <summary>I/O port of QEMU's isa-debug-exit (iosize 4): writing v ends QEMU with status (v shl 1) or 1.</summary>
    public const ushort ExitPort = 0xF4;

    /// <summary>Value for <see cref="ExitPort"/> after a pass: status 33.</summary>
    public const uint ExitPass = 0x10;

    /// <summary>Value after a failing verdict: status 35.</summary>
    public const uint ExitFail = 0x11;

    /// <summary>Value after a panic: status 37.</summary>
    public const uint ExitPanic = 0x12;

    /// <summary>Value when a CPU lacks what the kernel needs, which the log names: status 39.</summary>
    public const uint ExitUnsupportedCpu = 0x13;

    /// <summary>The most CPUs that the kernel runs on.</summary>
    public const int MaxCpus = 64;
}
