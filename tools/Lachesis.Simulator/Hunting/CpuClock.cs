using System;
using System.Runtime.InteropServices;

namespace Lachesis.Simulator;

/// <summary>The processor time of one thread, which any other may read.</summary>
internal readonly partial struct CpuClock
{
    private readonly int _id;

    private CpuClock(int id) => _id = id;

    /// <summary>That of the calling thread.</summary>
    public static CpuClock OfThisThread() =>
        GetClockId(GetThread(), out int id) == 0 ? new CpuClock(id) : throw new InvalidOperationException("a thread has no clock");

    /// <summary>What the thread has used; nothing if it has ended.</summary>
    public TimeSpan Read() =>
        GetTime(_id, out Time time) != 0 ? TimeSpan.Zero
            : new TimeSpan((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick));

    [LibraryImport("libc", EntryPoint = "pthread_self")]
    private static partial nint GetThread();

    [LibraryImport("libc", EntryPoint = "pthread_getcpuclockid")]
    private static partial int GetClockId(nint thread, out int id);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int id, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
