using System;
using System.Collections.Generic;
using System.Numerics;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Entry;
using Lachesis.Core.Faults;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Simulator;

/// <summary>Making CPUs enter the kernel. Does what the entry stubs do, registers included.</summary>
public sealed unsafe partial class SimulatedSystem
{
    private readonly Dictionary<ulong, ulong> _expectedRegisters = [];
    private readonly ulong[] _registers;
    private ulong _nextRegister;
    private ulong _cpusInKernel;

    /// <summary>Called at every point at which no CPU holds a lock (but for <see cref="StopsWithLocks"/>): other CPUs may be
    /// made to enter the kernel from it.</summary>
    public Action? OnPoint { get; set; }

    /// <summary>Whether <see cref="OnPoint"/> is called with locks held as well: it does nothing then that would wait for
    /// one.</summary>
    public bool StopsWithLocks { get; set; }

    /// <summary>Points passed so far.</summary>
    public long Points { get; private set; }

    /// <summary>Whether <see cref="Invariants"/> are checked after every entry. They are.</summary>
    public bool Checking { get; set; } = true;

    /// <summary>Kernel entries so far.</summary>
    public long Entries { get; private set; }

    /// <summary>How many CPUs are inside of the kernel, one interrupted by the other.</summary>
    public int Depth => BitOperations.PopCount(_cpusInKernel);

    /// <summary>What a call gave, if its thread went on at once.</summary>
    public readonly record struct CallResult(Error Error, ulong Value, bool WentOn);

    /// <summary>Whether a CPU is outside of the kernel, so that it may enter.</summary>
    public bool IsOutside(uint cpu) => (_cpusInKernel >> (int)cpu & 1) == 0;

    /// <summary>The current thread of a CPU makes a system call.</summary>
    public CallResult Syscall(uint cpu, SystemCall number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0) =>
        Perform(cpu, (uint)number, a0, a1, a2, a3, 0);

    /// <summary>The current thread of a CPU makes a call that passes messages. What it receives stands in its context.</summary>
    public CallResult CallWithMessage(
        uint cpu, SystemCall number, uint tag, ulong handles, ulong w0 = 0, ulong w1 = 0, ulong w2 = 0, ulong w3 = 0) =>
        Perform(cpu, (uint)number | ((ulong)tag << 32), handles, w0, w1, w2, w3);

    private CallResult Perform(uint cpu, ulong call, ulong a0, ulong a1, ulong a2, ulong a3, ulong a4)
    {
        Cpu* entered = Cpu(cpu);
        Thread* thread = CallerOn(cpu);
        Begin(cpu, NameOfCall((uint)call));
        SaveRegisters(cpu, thread, interrupted: 0);
        entered->ReturnsToContext = 0;
        thread->Context.Rax = 0;
        thread->Context.Rdx = 0;
        thread->Context.R10 = a4;
        Error error = SystemCalls<SimulatedMachine>.Invoke(entered, a0, a1, call, a2, a3);
        CallResult result = default;
        if (entered->ReturnsToContext == 0)
        {
            result = new CallResult(error, thread->Context.Rdx, WentOn: true);
        }
        else
        {
            Resume(cpu);
        }

        bool entersRing = entered->Current == thread && thread->Context.ResumeMode == UserContext.InRing;
        End(cpu);
        ResumeInKernel(cpu);
        return entersRing && IsBack(entered, thread)
            ? new CallResult((Error)thread->Context.Rax, thread->Context.Rdx, WentOn: true) : result;
    }

    /// <summary>A CPU takes the reschedule interrupt that is on its way.</summary>
    public void DeliverIpi(uint cpu)
    {
        Require(_interrupts[cpu], "no interrupt is on its way");
        _interrupts[cpu] = false;
        BeginInterrupt(cpu, RescheduleEntry);
        Interrupts<SimulatedMachine>.HandleRescheduleIpi(Cpu(cpu));
        EndInterrupt(cpu);
    }

    /// <summary>A CPU takes an interrupt that it has taken before, and that no CPU sent again.</summary>
    internal void RepeatIpi(uint cpu)
    {
        BeginInterrupt(cpu, RescheduleEntry);
        Interrupts<SimulatedMachine>.HandleRescheduleIpi(Cpu(cpu));
        EndInterrupt(cpu);
    }

    /// <summary>A CPU's timer fires, which is due.</summary>
    public void FireTimer(uint cpu)
    {
        Require(IsTimerDue(cpu), "the timer is not due");
        _timers[cpu] = Instant.Never;
        BeginInterrupt(cpu, TimerEntry);
        Interrupts<SimulatedMachine>.HandleTimer(Cpu(cpu));
        EndInterrupt(cpu);
    }

    /// <summary>An idle CPU does a step of the work that waits.</summary>
    public void RunIdleWork(uint cpu)
    {
        Require(HasIdleWork(cpu), "the cpu is busy or has no work");
        BeginInterrupt(cpu, "idle work");
        Interrupts<SimulatedMachine>.RunIdleWork(Cpu(cpu));
        EndInterrupt(cpu);
    }

    /// <summary>Ends a process, as a spurious interrupt of CPU 0 that somehow thought of it.</summary>
    public void Kill(Process* process) =>
        InInterrupt(() => ProcessLifecycle<SimulatedMachine>.BeginExit(Cpu(0), process, 9));

    /// <summary>Resumes all threads, in the same way.</summary>
    public void ResumeAll() => InInterrupt(() =>
    {
        if (Cpu(0)->Current == null)
        {
            // It is about to have threads to give away, and is no longer to be given any.
            CpuAccounting.ChargeIdle(Cpu(0), SimulatedMachine.Now(Cpu(0)));
            Idle<SimulatedMachine>.ClearIdle(Cpu(0));
        }

        foreach (nint thread in Threads)
        {
            ThreadControl<SimulatedMachine>.Resume(Cpu(0), (Thread*)thread);
        }
    });

    /// <summary>Gives all threads the same parameters, in the same way.</summary>
    public void EqualizeThreads() => InInterrupt(() =>
    {
        foreach (nint thread in Threads)
        {
            for (SchedulingParameter parameter = 0; parameter < SchedulingParameter.Count; parameter++)
            {
                ulong bits = Kernel->DefaultParameters.Bits & SchedulingParameters.MaskOf(parameter);
                ParameterUpdates.Set<SimulatedMachine>(Cpu(0), (Thread*)thread, parameter, bits);
            }
        }
    });

    /// <summary>The current thread of a CPU faults.</summary>
    public void Fault(uint cpu, uint vector, uint errorCode = 0, ulong address = 0)
    {
        Thread* thread = CallerOn(cpu);
        BeginInterrupt(cpu, "fault");
        Registers.Fill(thread);
        Faults<SimulatedMachine>.Raise(Cpu(cpu), vector, errorCode, address);
        EndInterrupt(cpu);
    }

    /// <summary>Whether a CPU's timer should have fired by now.</summary>
    public bool IsTimerDue(uint cpu) => _timers[cpu] < Instant.Never && FiresAt(cpu) <= Clock;

    /// <summary>When a CPU's timer, which is set, fires: on <see cref="Clock"/>, whatever the CPU's own clock shows.</summary>
    internal long FiresAt(uint cpu) => _timers[cpu].Nanoseconds - _skews[cpu] + _lateness[cpu];

    /// <summary>Whether a CPU is idle with work to do.</summary>
    public bool HasIdleWork(uint cpu) => Cpu(cpu)->Current == null && Cpu(cpu)->WorkPending != 0;

    /// <summary>Time passes.</summary>
    public void Advance(long nanoseconds) => Clock += nanoseconds;

    /// <summary>Runs something of the kernel on a CPU, as an entry of its own.</summary>
    public void Enter(uint cpu, Action<nint> body)
    {
        Begin(cpu, "set-up");
        body((nint)Cpu(cpu));
        End(cpu);
    }

    internal void Point()
    {
        Points++;
        CheckEntryEnds();
        if (OnPoint == null || Depth == 0)
        {
            return;
        }

        for (uint cpu = 0; cpu < Shape.Cpus; cpu++)
        {
            if (!StopsWithLocks && !IsOutside(cpu) && Cpu(cpu)->HeldRanks != 0)
            {
                return;
            }
        }

        OnPoint();
    }

    private void Begin(uint cpu, string entry)
    {
        Require(IsOutside(cpu), "the cpu is inside of the kernel");
        NoteEntry(cpu, entry);
        _cpusInKernel |= 1ul << (int)cpu;
        Lags[cpu].Entered(Cpu(cpu), Clock + _skews[cpu]);
        Picks.Entered(Cpu(cpu), Clock + _skews[cpu], byTimer: ReferenceEquals(entry, TimerEntry));
        Entries++;
    }

    private void End(uint cpu)
    {
        _cpusInKernel &= ~(1ul << (int)cpu);
        CheckRegisters(cpu);
        if (Interleaver != null)
        {
            Interleaver.OnKernelExit(cpu);
        }
        else if (Checking && _cpusInKernel == 0)
        {
            Invariants.Check(this);
        }
    }

    private void InInterrupt(Action body)
    {
        if (_interrupts[0])
        {
            DeliverIpi(0);
        }

        BeginInterrupt(0, "the end of a run");
        body();
        Interrupts<SimulatedMachine>.HandleRescheduleIpi(Cpu(0));
        EndInterrupt(0);
    }

    private void BeginInterrupt(uint cpu, string entry)
    {
        Begin(cpu, entry);
        Thread* thread = Cpu(cpu)->Current;
        if (thread != null)
        {
            SaveRegisters(cpu, thread, interrupted: 1);
        }
    }

    private void EndInterrupt(uint cpu)
    {
        Resume(cpu);
        End(cpu);
        ResumeInKernel(cpu);
    }

    // What the exit stub does with a thread that is marked: lets interrupts in, and goes on with its ring, or its fault.
    private void ResumeInKernel(uint cpu)
    {
        while (IsInKernel(Cpu(cpu)->Current))
        {
            if (HasInterrupt(cpu))
            {
                DeliverIpi(cpu);
            }
            else if (IsTimerDue(cpu))
            {
                FireTimer(cpu);
            }
            else
            {
                Begin(cpu, "the rest of a ring or a fault");
                Continue(Cpu(cpu));
                Resume(cpu);
                End(cpu);
            }
        }
    }

    private static void Continue(Cpu* cpu)
    {
        if (cpu->Current->Context.ResumeMode == UserContext.InFault)
        {
            Faults<SimulatedMachine>.Continue(cpu);
        }
        else
        {
            RingExecution<SimulatedMachine>.Continue(cpu);
        }
    }

    // Whether it is marked, so that its turn is the kernel's.
    private static bool IsInKernel(Thread* thread) => thread != null && thread->Context.ResumeMode >= UserContext.InRing;

    // Whether a thread that entered a ring is back from there, on the same CPU.
    private static bool IsBack(Cpu* cpu, Thread* thread) => cpu->Current == thread && thread->Context.Ring == null;

    // What a program does between two entries: it leaves something new in a register, for which r12 stands here. Not so if it is
    // the kernel that is interrupted, before it goes on with a thread.
    private void SaveRegisters(uint cpu, Thread* thread, ulong interrupted)
    {
        if (IsInKernel(thread))
        {
            return;
        }

        _nextRegister++;
        _registers[cpu] = _nextRegister;
        _expectedRegisters[KeyOf(thread)] = _nextRegister;
        thread->Context.R12 = _nextRegister;
        thread->Context.ResumeMode = interrupted;
    }

    private void Resume(uint cpu)
    {
        Thread* thread = Cpu(cpu)->Current;
        if (thread != null)
        {
            _registers[cpu] = thread->Context.R12;
        }
    }

    private void CheckRegisters(uint cpu)
    {
        Thread* thread = Cpu(cpu)->Current;
        if (thread != null && !IsInKernel(thread))
        {
            Registers.Check(thread);
        }

        if (thread != null && _registers[cpu] != _expectedRegisters.GetValueOrDefault(KeyOf(thread)))
        {
            throw new InvariantException($"cpu {cpu} goes on with registers that are not its thread's");
        }
    }

    private static ulong KeyOf(Thread* thread) => (ulong)thread->Header.Generation << 32 | thread->Header.Index;

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }
}
