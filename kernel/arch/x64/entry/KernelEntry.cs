using System.Diagnostics;
using System.Runtime;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Entry;
using Lachesis.Core.Faults;
using Lachesis.Core.Ipc;
using Lachesis.Core.Rings;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Arch.X64;

/// <summary>
/// Where the entry stubs call C#. Each returns to the stub, which goes on with <see cref="Cpu.Current"/> or idles.
/// </summary>
internal static unsafe class KernelEntry
{
    private const uint PageFaultVector = 14;

    /// <summary>A system call. The arguments are in the registers in which the program put them; the number has made way for cpu, and is in rcx.</summary>
    [RuntimeExport("kernel_system_call")]
    internal static Error SystemCall(Cpu* cpu, ulong a0, ulong a1, ulong call, ulong a2, ulong a3)
    {
        Instant entered = EntryTime(cpu);
        Error error = SystemCalls<X64Machine>.Invoke(cpu, a0, a1, call, a2, a3);
        Measure(cpu, Counter.SystemCallNs, entered);
        return error;
    }

    /// <summary><see cref="SystemCall.Call"/>, which the stub tells apart; its words are in the context. All of the thread that
    /// goes on is loaded from its context.</summary>
    [RuntimeExport("kernel_call")]
    internal static void Call(Cpu* cpu, ulong handle, ulong call)
    {
        EventCounters.Count(cpu, Counter.SystemCalls);
        Instant entered = EntryTime(cpu);
        if (!Ipc<X64Machine>.TryFastCall<ShortMessage>(cpu, handle, call))
        {
            MessageCalls<X64Machine>.CallSlowpath(cpu, handle, call);
        }

        Measure(cpu, Counter.SystemCallNs, entered);
    }

    /// <summary><see cref="SystemCall.ReplyReceive"/>, in the same way.</summary>
    [RuntimeExport("kernel_reply_receive")]
    internal static void ReplyReceive(Cpu* cpu, ulong handles, ulong call)
    {
        EventCounters.Count(cpu, Counter.SystemCalls);
        Instant entered = EntryTime(cpu);
        if (!Ipc<X64Machine>.TryFastReplyReceive<ShortMessage>(cpu, handles, call))
        {
            MessageCalls<X64Machine>.ReplyReceiveSlowpath(cpu, handles, call);
        }

        Measure(cpu, Counter.SystemCallNs, entered);
    }

    /// <summary>The turn of a thread that is not to go on in its program yet: it performs requests of a ring, or faulted.</summary>
    [RuntimeExport("kernel_continue")]
    internal static void ContinueInKernel(Cpu* cpu)
    {
        if (cpu->Current->Context.ResumeMode == UserContext.InFault)
        {
            Faults<X64Machine>.Continue(cpu);
        }
        else
        {
            RingExecution<X64Machine>.Continue(cpu);
        }
    }

    /// <summary>An interrupt, or an exception of a user thread, whose registers are saved.</summary>
    [RuntimeExport("kernel_interrupt")]
    internal static void Interrupt(Cpu* cpu, uint vector, ulong errorCode)
    {
        X64State* machine = ((X64Cpu*)cpu)->Machine;
        Instant entered = EntryTime(cpu);
        switch (vector)
        {
            case LocalApic.TimerVector:
                LocalApic.EndOfInterrupt(machine);
                Interrupts<X64Machine>.HandleTimer(cpu);
                Measure(cpu, Counter.TimerInterruptNs, entered);
                break;
            case LocalApic.RescheduleVector:
                LocalApic.EndOfInterrupt(machine);
                Interrupts<X64Machine>.HandleRescheduleIpi(cpu);
                Measure(cpu, Counter.RescheduleInterruptNs, entered);
                break;
            case < 32:
                Faults<X64Machine>.Raise(cpu, vector, (uint)errorCode, vector == PageFaultVector ? Stubs.ReadCr2() : 0);
                Measure(cpu, Counter.UserFaultNs, entered);
                break;
            default:
                // Spurious interrupts of the local controller want no answer; nothing else is ever unmasked.
                break;
        }
    }

    /// <summary>Idle with teardown work to do.</summary>
    [RuntimeExport("kernel_idle_work")]
    internal static void IdleWork(Cpu* cpu) => Interrupts<X64Machine>.RunIdleWork(cpu);

    /// <summary>An exception in the kernel: mended if user memory was being touched, else the end.</summary>
    [RuntimeExport("kernel_fault")]
    internal static void KernelFault(InterruptFrame* frame)
    {
        LinkAddresses* link = Stubs.LinkAddresses();
        bool inUserAccess = frame->Rip >= link->UserAccessStart && frame->Rip < link->UserAccessFailed;
        if (inUserAccess && (frame->Vector == PageFaultVector || frame->Vector == GeneralProtectionVector))
        {
            frame->Rip = link->UserAccessFailed;
            return;
        }

        Panic.FromFault(frame);
    }

    /// <summary>NMI, double fault or machine check, on a stack of its own. Never returns.</summary>
    [RuntimeExport("kernel_fatal")]
    internal static void Fatal(InterruptFrame* frame) => Panic.FromFault(frame);

    private const uint GeneralProtectionVector = 13;

    // When the kernel was entered; only measured builds care.
    private static Instant EntryTime(Cpu* cpu)
    {
#if MEASURE
        return X64Machine.Now(cpu);
#else
        return default;
#endif
    }

    // From entry to here: what the kernel did about one cause, in measured builds.
    [Conditional("MEASURE")]
    private static void Measure(Cpu* cpu, Counter counter, Instant entered) =>
        EventCounters.CountIfMeasured(cpu, counter, (X64Machine.Now(cpu) - entered).Nanoseconds);
}
