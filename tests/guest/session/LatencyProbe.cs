using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>A thread of CPU 0 that does nothing but call the kernel, and notes how often and how long it had to wait. It must not move
/// while the thread runs.</summary>
internal unsafe struct LatencyProbe
{
    private UserThread _thread;
    private ulong _stop;
    private ulong _count;

    /// <summary>The longest time from one answer to the next, in nanoseconds.</summary>
    internal long Longest;

    /// <summary>Answers so far.</summary>
    internal ulong Count => Volatile.Read(ref _count);

    /// <summary>Begins; the calling first thread of the process stays on CPU 0, too: what it has the kernel do goes on between the
    /// answers.</summary>
    internal static void Start(LatencyProbe* pulse)
    {
        *pulse = default;
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        UserThread.Create(&pulse->_thread, &CallRepeatedly, (ulong)pulse);
        Sys.ThreadSetAffinity(pulse->_thread.Handle, 1);
        Sys.ThreadStart(pulse->_thread.Handle);
    }

    /// <summary>Ends.</summary>
    internal void Stop()
    {
        Volatile.Write(ref _stop, 1);
        _thread.Join();
        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
    }

    private static ulong CallRepeatedly(ulong argument)
    {
        LatencyProbe* pulse = (LatencyProbe*)argument;
        long last = Clock.Now();
        while (Volatile.Read(ref pulse->_stop) == 0)
        {
            Sys.Nop();
            long now = Clock.Now();
            pulse->Longest = now - last > pulse->Longest ? now - last : pulse->Longest;
            last = now;
            Volatile.Write(ref pulse->_count, pulse->_count + 1);
        }

        return 0;
    }
}
