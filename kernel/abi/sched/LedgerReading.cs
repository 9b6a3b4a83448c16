using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>Whose ledgers are added up.</summary>
public enum LedgerScope : ulong
{
    /// <summary>One thread, by its handle.</summary>
    Thread = 0,

    /// <summary>The threads of a process, by its handle, those that have ended too.</summary>
    Process = 1,

    /// <summary>The threads of a service, by the machine handle and the service's number.</summary>
    Service = 2,

    /// <summary>The threads of a session, by the machine handle and the session's number.</summary>
    Session = 3,

    /// <summary>How many there are; not one itself.</summary>
    Count = 4,
}

/// <summary>A sum of ledgers. Times in nanoseconds.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct LedgerSum
{
    /// <summary>CPU time, system calls included, interrupts not.</summary>
    public ulong RuntimeNs;

    /// <summary>CPU time charged under the fair policy, each nanosecond times 1024 / weight.</summary>
    public ulong VirtualRuntimeNs;

    /// <summary>Time runnable and not running.</summary>
    public ulong WaitNs;

    /// <summary>Times it began to run after another thread or idle.</summary>
    public ulong Switches;

    /// <summary>Times it lost the CPU to a timer or a wake.</summary>
    public ulong Preemptions;

    /// <summary>Times it blocked of its own will.</summary>
    public ulong VoluntaryBlocks;

    /// <summary>Times it yielded.</summary>
    public ulong Yields;

    /// <summary>Times it began to run on another CPU than before.</summary>
    public ulong Migrations;
}

/// <summary>
/// What <see cref="SystemCall.LedgerRead"/> reads and writes: a sum over many threads takes several calls, as each looks at
/// a bounded number of them. Begin with all zero; call until <see cref="Cursor"/> is 0 again.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct LedgerReading
{
    /// <summary>Where the next call goes on; 0: begin, or done.</summary>
    public ulong Cursor;

    /// <summary>How many threads had ended when the reading began. If more have since, the call fails with <see
    /// cref="Error.BadState"/>: begin anew.</summary>
    public ulong Version;

    /// <summary>Scope thread: the CPU that it runs on or last ran on; all ones if it never ran.</summary>
    public ulong LastCpu;

    /// <summary>The sum so far.</summary>
    public LedgerSum Sum;
}
