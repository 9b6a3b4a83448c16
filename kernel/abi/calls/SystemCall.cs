using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>
/// The system calls. Arguments a0..a3 travel in rsi, rdx, r8, r9; the number in edi; error in rax and value in rdx come
/// back. Calls that pass messages take the tag above the number and words in rdx, r8, r9, r10, and give the tag in rdi and
/// words in rsi, r8, r9, r10 (all four, always). rbx, rbp, r12..r15 and rsp are preserved; every other register is undefined
/// afterwards (in fact: cleared, or the caller's own), and so are all vector registers. MXCSR and the x87 control word are preserved.
/// </summary>
public enum SystemCall : uint
{
    /// <summary>Does nothing.</summary>
    Nop = 0,

    /// <summary>(log handle, address, length up to 512): writes UTF-8 text to the log.</summary>
    LogWrite = 1,

    /// <summary>(report handle, <see cref="ReportKind"/>, address, length): writes one record.</summary>
    ReportWrite = 2,

    /// <summary>() → the CPU that the caller runs on, as it was during the call.</summary>
    CurrentCpu = 3,

    /// <summary>() Lets others of this CPU run first whom its policy entitles to: under fair an eligible thread, under priority
    /// one of no lower level, under round robin anybody.</summary>
    Yield = 4,

    /// <summary>(instant in monotonic ns): blocks until then.</summary>
    SleepUntil = 5,

    /// <summary>(address of an aligned 32-bit word, expected value, deadline in ns or 0 for none): blocks until unparked,
    /// if the word still has the expected value. <see cref="Error.ValueChanged"/>, <see cref="Error.TimedOut"/>.</summary>
    Park = 6,

    /// <summary>(address, most to wake) → how many were woken, in the order in which they parked; at
    /// most <see cref="CallLimits.MaxUnpark"/> a call, so that a call is bounded.</summary>
    Unpark = 7,

    /// <summary>(process handle, entry address, stack top, argument) → handle of a new thread, not yet started.</summary>
    ThreadCreate = 8,

    /// <summary>(thread handle): makes it runnable.</summary>
    ThreadStart = 9,

    /// <summary>(code): ends the calling thread; never returns.</summary>
    ThreadExit = 10,

    /// <summary>(thread handle) → its exit code; blocks until it has ended.</summary>
    ThreadJoin = 11,

    /// <summary>(thread handle) → nanoseconds of CPU time that it has used: the caller up to now, a thread that runs on
    /// another CPU up to when that last entered the kernel, which this call makes it do again soon.</summary>
    ThreadRuntime = 12,

    /// <summary>(thread handle, mask): allows it only the CPUs of the mask, which must name at least one that exists. Takes
    /// effect before the call returns for the caller itself, at the next kernel entry of the CPU where it runs for
    /// others.</summary>
    ThreadSetAffinity = 13,

    /// <summary>(process handle, bytes) → address of zeroed, writable memory in that process, rounded up to pages.</summary>
    MemoryMap = 14,

    /// <summary>(spawn handle, address of a <see cref="SpawnRequest"/>) → handle of a new, running process.</summary>
    ProcessSpawn = 15,

    /// <summary>(process handle) → its exit code; blocks until it has ended and its memory is free.</summary>
    ProcessWait = 16,

    /// <summary>(process handle, code): ends every thread of the process; never returns if it is the caller's own.</summary>
    ProcessExit = 17,

    /// <summary>(handle): deletes it.</summary>
    CapabilityDelete = 18,

    /// <summary>(machine handle, CPU, address, count of 64-bit words): copies that CPU's counters.</summary>
    CountersRead = 19,

    /// <summary>(machine handle, <see cref="PoolKind"/>) → objects of that pool in use.</summary>
    PoolLevel = 20,

    /// <summary>(machine handle, exit code 0..126): ends the machine.</summary>
    MachineExit = 21,

    /// <summary>(machine handle, <see cref="KernelFault"/>): makes the kernel fail on purpose, to test who
    /// notices.</summary>
    MachineInjectFault = 22,

    /// <summary>(address) → 1 if a thread was woken, else 0: unparks the first one and, if it may run on this CPU,
    /// switches to it at once; the caller waits its turn in the run queue. One step instead of an unpark and a
    /// yield.</summary>
    UnparkSwitch = 23,

    /// <summary>(policy handle, CPU mask, <see cref="SchedulingPolicy"/>): those CPUs choose by that policy from their next
    /// kernel entry on; their queued threads are moved over in bounded steps.</summary>
    PolicySet = 24,

    /// <summary>(policy handle, CPU) → the <see cref="SchedulingPolicy"/> in force, plus 256 while threads that were queued
    /// under another one are still to be moved over, or another one is wanted and not in force yet.</summary>
    PolicyGet = 25,

    /// <summary>(policy handle, thread handle, <see cref="SchedulingParameter"/>, value): sets it. In force at once for a
    /// queued thread, at the next kernel entry of its CPU for one that runs.</summary>
    ThreadSetScheduling = 26,

    /// <summary>(policy handle, <see cref="FairFeatures"/>): switches rules of the fair policy on and off, on all
    /// CPUs.</summary>
    FairFeaturesSet = 27,

    /// <summary>(handle, <see cref="LedgerScope"/>, number, address of a <see cref="LedgerReading"/>): adds the ledgers of
    /// the next threads of that scope. The caller's own is charged up to now first, as in <see
    /// cref="ThreadRuntime"/>.</summary>
    LedgerRead = 28,

    /// <summary>(handle, mask of <see cref="Rights"/>, badge) → handle of a new capability to the same object, derived from
    /// that one, with the rights of the mask, or <see cref="Rights.Same"/>. <see cref="Error.MissingRight"/> if the mask asks
    /// for more than there is. Badge 0: the source's; another may be given once, to an endpoint's or notification's
    /// capability that has none.</summary>
    CapabilityMint = 29,

    /// <summary>(handle) → a new handle for the same capability; the old one is stale. What was derived from it
    /// stays.</summary>
    CapabilityMove = 30,

    /// <summary>(handle) → 0 if nothing is derived from it any more, in any process; 1 if there is more to do: one call deletes
    /// at most <see cref="CallLimits.MaxRevoke"/> capabilities. The capability itself stays.</summary>
    CapabilityRevoke = 31,

    /// <summary>(handle, <see cref="CapabilityAspect"/>) → that of the capability.</summary>
    CapabilityInspect = 32,

    /// <summary>(process handle, <see cref="ObjectKind"/>: endpoint, notification, reply or timer) → handle of a new object.</summary>
    ObjectCreate = 33,

    /// <summary>(thread handle, address, a multiple of <see cref="IpcBuffer.Bytes"/>): the thread passes long messages through
    /// the memory there from now on.</summary>
    ThreadSetBuffer = 34,

    /// <summary>(endpoint handle; message): sends it to whoever receives, waiting for somebody. <see cref="MessageTag"/>
    /// travels above the number of the call; words in rdx, r8, r9, r10.</summary>
    Send = 35,

    /// <summary>(endpoint handle; message) → message: sends it and waits for the answer.</summary>
    Call = 36,

    /// <summary>(endpoint handle | reply handle &lt;&lt; 32; message) → message, badge: answers the caller that is bound, if one still
    /// is, and takes the next message.</summary>
    ReplyReceive = 37,

    /// <summary>(endpoint handle | reply handle &lt;&lt; 32) → message, badge of its sender: takes the next message; who called is
    /// bound to the reply object. Without a reply handle, messages that want no answer only.</summary>
    Receive = 38,

    /// <summary>(reply handle; message): answers the caller that is bound. <see cref="Error.BadState"/> if none is, or not any
    /// more.</summary>
    Reply = 39,

    /// <summary>(notification handle, bits): adds bits; with a badged capability its badge instead.</summary>
    Signal = 40,

    /// <summary>(notification handle, deadline in ns or 0 for none) → bits: waits until there are any, and takes all.</summary>
    Wait = 41,

    /// <summary>(notification handle) → bits: takes all, if there are any, else <see cref="Error.WouldBlock"/>.</summary>
    Poll = 42,

    /// <summary>(notification handle): from now on its bits end the caller's receiving too (<see
    /// cref="MessageTag.Signals"/>).</summary>
    NotificationBind = 43,

    /// <summary>(): ends that.</summary>
    NotificationUnbind = 44,

    /// <summary>(thread handle): it does not run until it is resumed. If it runs on another CPU, that one is interrupted, and the
    /// thread stops at that CPU's next kernel entry; if it is blocked, its wait may end meanwhile; if it was not started, it
    /// may be. One that is suspended stays so: suspensions do not count. <see cref="Error.BadState"/> if it has
    /// ended.</summary>
    ThreadSuspend = 46,

    /// <summary>(thread handle): undoes <see cref="ThreadSuspend"/>, if it was suspended; it goes on where it was. <see
    /// cref="Error.BadState"/> if it has ended.</summary>
    ThreadResume = 47,

    /// <summary>(thread handle, code): ends that thread, wherever it is; never returns if it is the caller. If it runs on
    /// another CPU, that one is interrupted, and the thread ends at that CPU's next kernel entry, unless it exits by itself
    /// before: <see cref="ThreadJoin"/> waits for that. Of several kills the first gives the code. <see
    /// cref="Error.BadState"/> if it has ended.</summary>
    ThreadKill = 48,

    /// <summary>(timer handle, instant in monotonic ns, period in ns or 0): it fires then, at once if that has passed, and after
    /// that every period, <see cref="CallLimits.MinTimerPeriodNs"/> .. <see cref="CallLimits.MaxTimerPeriodNs"/>. Periods are
    /// counted from the instant; those that passed together are one firing, and the others overruns.</summary>
    TimerSet = 49,

    /// <summary>(timer handle) → overruns since it was set: it fires no more.</summary>
    TimerCancel = 50,

    /// <summary>(timer handle, notification handle, bits): what it signals whenever it fires from now on; through a badged
    /// capability its badge instead.</summary>
    TimerBind = 51,

    /// <summary>(thread handle, endpoint handle or 0): from now on that endpoint gets the thread's faults, as messages that the
    /// kernel sends through this capability (<see cref="FaultMessage"/>); 0: nobody does, and a fault ends the thread. So it
    /// does once the capability was deleted, moved or revoked, or the process that it belongs to ends.</summary>
    ThreadSetFaultHandler = 52,

    /// <summary>(process handle, address of <see cref="RingLayout.Bytes"/> of its memory, a multiple of the page size; number
    /// of submissions, number of completions: powers of two up to <see cref="RingLayout.MaxEntries"/>) → handle of a new ring
    /// there, for the threads of that process. <see cref="Error.BadAddress"/> if the process could not write all of that
    /// memory, or does not own it.</summary>
    RingCreate = 53,

    /// <summary>(ring handle, most) → how many of its requests were taken: performs them one after the other, as if the caller
    /// made each call, waits included. <see cref="Error.NotPermitted"/>: another process's; <see cref="Error.BadState"/>:
    /// another thread is at it; <see cref="Error.BadArgument"/>: <see cref="RingHeader.SubmissionTail"/> is nowhere near the
    /// head.</summary>
    RingEnter = 54,

    /// <summary>(session handle, code): ends the session. No process is started in it any more; all that are in it, those
    /// that are being started included, are ended with that code; what was derived from this capability is deleted. Of several
    /// such calls the first counts. Never returns if the caller is in it; else it returns at once.</summary>
    SessionEnd = 55,

    /// <summary>(session handle) → the code it was ended with; blocks until it was ended and all its processes are dead. <see
    /// cref="Error.BadState"/> if the caller is in it.</summary>
    SessionWait = 56,

    /// <summary>(machine handle, cursor, 0 to begin) → in bits 0..31 how many stale entries this part of the check has found, in
    /// bits 32..63 the cursor of the next part, or 0. The calling CPU's queues are one part, as long as those are; all else
    /// goes in parts of <see cref="CallLimits.MaxCheckedObjects"/> objects. For tests: what is in the middle of its end just then may
    /// count.</summary>
    StaleEntryCheck = 57,

    /// <summary>(spawn handle) → handle of a new session, with no process in it.</summary>
    SessionCreate = 58,

    /// <summary>No system call has this number or a greater one.</summary>
    Count = 64,
}

/// <summary>What <see cref="SystemCall.CapabilityInspect"/> can tell.</summary>
public enum CapabilityAspect : ulong
{
    /// <summary>The <see cref="ObjectKind"/> in bits 0..7, the <see cref="Rights"/> in bits 8..15.</summary>
    KindAndRights = 0,

    /// <summary>The badge; 0: none.</summary>
    Badge = 1,

    /// <summary>How many there are; not one itself.</summary>
    Count = 2,
}

/// <summary>Bounds that keep every call short.</summary>
public static class CallLimits
{
    /// <summary>The most threads that one <see cref="SystemCall.Unpark"/> wakes.</summary>
    public const ulong MaxUnpark = 64;

    /// <summary>The most capabilities that one <see cref="SystemCall.CapabilityRevoke"/> deletes.</summary>
    public const uint MaxRevoke = 32;

    /// <summary>The most capabilities that one <see cref="SystemCall.ProcessSpawn"/> passes to the new process.</summary>
    public const uint MaxSpawnCapabilities = 16;

    /// <summary>The most objects whose queues one <see cref="SystemCall.StaleEntryCheck"/> looks through.</summary>
    public const uint MaxCheckedObjects = 256;

    /// <summary>The shortest period of a timer in nanoseconds.</summary>
    public const ulong MinTimerPeriodNs = 10_000;

    /// <summary>The longest period of a timer in nanoseconds: an hour.</summary>
    public const ulong MaxTimerPeriodNs = 3_600_000_000_000;

    /// <summary>The most bytes that one <see cref="SystemCall.LogWrite"/> writes.</summary>
    public const ulong MaxLogBytes = 512;

    /// <summary>The most bytes that one <see cref="SystemCall.MemoryMap"/> maps: a longer mapping takes several
    /// calls.</summary>
    public const ulong MaxMapBytes = 64 * 4096;
}

/// <summary>What a system call gives back: in rax and rdx.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SystemResult
{
    /// <summary><see cref="Abi.Error.None"/> or what went wrong.</summary>
    public Error Error;

    /// <summary>The value; 0 with an error.</summary>
    public ulong Value;
}

/// <summary>Where a process finds what it starts with. The first <see cref="Count"/> slots of its capability space are kept
/// for that; one that nothing was put into stays stale.</summary>
public static class BootHandle
{
    /// <summary>The process itself.</summary>
    public const uint Process = 0;

    /// <summary>Its first thread.</summary>
    public const uint MainThread = 1;

    /// <summary>See <see cref="Grants.Log"/>.</summary>
    public const uint Log = 2;

    /// <summary>See <see cref="Grants.Report"/>.</summary>
    public const uint Report = 3;

    /// <summary>See <see cref="Grants.Spawn"/>.</summary>
    public const uint Spawn = 4;

    /// <summary>See <see cref="Grants.Machine"/>.</summary>
    public const uint Machine = 5;

    /// <summary>See <see cref="Grants.Policy"/>.</summary>
    public const uint Policy = 6;

    /// <summary>The first of those whose use parent and child agree upon.</summary>
    public const uint FirstFree = 16;

    /// <summary>How many slots are kept.</summary>
    public const uint Count = 32;
}

/// <summary>One capability that <see cref="SystemCall.ProcessSpawn"/> derives for the new process from one of the
/// caller's.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct SpawnCapability
{
    /// <summary>The caller's.</summary>
    public ulong Handle;

    /// <summary>What the new one may do, of what the caller's may; <see cref="Rights.Same"/>: all of that.</summary>
    public Rights Rights;

    /// <summary>Zero.</summary>
    public byte Reserved;

    /// <summary>Zero.</summary>
    public ushort Reserved2;

    /// <summary>Its slot in the new process: above <see cref="BootHandle.MainThread"/>, below <see cref="BootHandle.Count"/>,
    /// each at most once.</summary>
    public uint Index;
}

/// <summary>What <see cref="SystemCall.ProcessSpawn"/> reads from the caller's memory.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public unsafe struct SpawnRequest
{
    /// <summary>Zero-padded UTF-8 name of the program in the ramdisk.</summary>
    public fixed byte Program[RamdiskEntry.MaxName + 1];

    /// <summary>How many capabilities it gets, besides those to itself and to its first thread; at most <see
    /// cref="CallLimits.MaxSpawnCapabilities"/>.</summary>
    public uint CapabilityCount;

    /// <summary>Bytes of the argument string, at most <see cref="ProgramStart.MaxArgument"/>.</summary>
    public uint ArgumentLength;

    /// <summary>Address of the argument string.</summary>
    public ulong ArgumentAddress;

    /// <summary>Address of that many <see cref="SpawnCapability"/>.</summary>
    public ulong CapabilitiesAddress;

    /// <summary>CPUs that it may run on, a subset of the caller's.</summary>
    public ulong CpuMask;

    /// <summary>Handle of the session (with the right to control it) that it is to be in; 0: the caller's own.</summary>
    public ulong Session;
}

/// <summary>The pools whose level can be asked for.</summary>
public enum PoolKind : ulong
{
    /// <summary>Threads.</summary>
    Threads = 0,

    /// <summary>Processes.</summary>
    Processes = 1,

    /// <summary>Free physical pages (a level that falls as memory is used).</summary>
    FreePages = 2,

    /// <summary>Endpoints.</summary>
    Endpoints = 3,

    /// <summary>Notifications.</summary>
    Notifications = 4,

    /// <summary>Reply objects.</summary>
    Replies = 5,

    /// <summary>Timers.</summary>
    Timers = 6,

    /// <summary>Sessions, those of the manifest included.</summary>
    Sessions = 7,

    /// <summary>Submission and completion rings.</summary>
    Rings = 8,

    /// <summary>How many there are; not one itself.</summary>
    Count = 9,
}

/// <summary>Ways in which the kernel can be made to fail, for tests of the tools that must notice.</summary>
public enum KernelFault : ulong
{
    /// <summary>Panic.</summary>
    Panic = 0,

    /// <summary>Touch an unmapped kernel address.</summary>
    PageFault = 1,

    /// <summary>Triple fault: load an empty interrupt table and trap.</summary>
    TripleFault = 2,

    /// <summary>Overflow the kernel stack into its guard page.</summary>
    StackOverflow = 3,

    /// <summary>Spin for ever with interrupts off.</summary>
    Hang = 4,

    /// <summary>How many there are; not one itself.</summary>
    Count = 5,
}
