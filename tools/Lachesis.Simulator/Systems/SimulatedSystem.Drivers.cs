using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Calls;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Simulator;

/// <summary>Making CPUs enter the kernel. Does what the entry stubs do, registers included.</summary>
public sealed unsafe partial class SimulatedSystem
{
    private readonly Stack<uint> _inside = [];
    private readonly Dictionary<ulong, ulong> _expectedRegisters = [];
    private readonly ulong[] _registers;
    private ulong _nextRegister;

    /// <summary>Called at every point at which no CPU holds a lock: other CPUs may be made to enter the kernel from
    /// it.</summary>
    public Action? OnPoint { get; set; }

    /// <summary>Points passed so far.</summary>
    public long Points { get; private set; }

    /// <summary>Whether <see cref="Invariants"/> are checked after every entry. They are.</summary>
    public bool Checking { get; set; } = true;

    /// <summary>How many CPUs are inside of the kernel, one interrupted by the other.</summary>
    public int Depth => _inside.Count;

    /// <summary>What a call gave, if its thread went on at once.</summary>
    public readonly record struct CallResult(Error Error, ulong Value, bool WentOn);

    /// <summary>Whether a CPU is outside of the kernel, so that it may enter.</summary>
    public bool IsOutside(uint cpu) => !_inside.Contains(cpu);

    /// <summary>The current thread of a CPU makes a system call.</summary>
    public CallResult Syscall(uint cpu, SystemCall number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        CallResult result = default;
        Enter(cpu, self =>
        {
            Cpu* entered = (Cpu*)self;
            Thread* thread = entered->Current;
            SaveRegisters(cpu, thread, interrupted: 0);
            entered->Switched = 0;
            thread->Context.Rax = 0;
            thread->Context.Rdx = 0;
            Error error = SystemCalls<SimulatedMachine>.Invoke((uint)number, a0, a1, entered, a2, a3);
            if (entered->Switched == 0)
            {
                result = new CallResult(error, thread->Context.Rdx, WentOn: true);
            }
            else
            {
                Resume(cpu);
            }
        });
        return result;
    }

    /// <summary>A CPU takes the reschedule interrupt that is on its way.</summary>
    public void DeliverIpi(uint cpu)
    {
        Require(_interrupts[cpu], "no interrupt is on its way");
        _interrupts[cpu] = false;
        Interrupt(cpu, self => Interrupts<SimulatedMachine>.Reschedule((Cpu*)self));
    }

    /// <summary>A CPU's timer fires, which is due.</summary>
    public void FireTimer(uint cpu)
    {
        Require(IsTimerDue(cpu), "the timer is not due");
        _timers[cpu] = Instant.Never;
        Interrupt(cpu, self => Interrupts<SimulatedMachine>.Timer((Cpu*)self));
    }

    /// <summary>An idle CPU does a step of the work that waits.</summary>
    public void RunIdleWork(uint cpu)
    {
        Require(HasIdleWork(cpu), "the cpu is busy or has no work");
        Interrupt(cpu, self => Interrupts<SimulatedMachine>.IdleWork((Cpu*)self));
    }

    /// <summary>Ends a process, as a spurious interrupt of CPU 0 that somehow thought of it.</summary>
    public void Kill(Process* process)
    {
        if (_interrupts[0])
        {
            DeliverIpi(0);
        }

        Interrupt(0, self =>
        {
            ProcessLifecycle<SimulatedMachine>.BeginExit((Cpu*)self, process, 9);
            Interrupts<SimulatedMachine>.Reschedule((Cpu*)self);
        });
    }

    /// <summary>The current thread of a CPU faults.</summary>
    public void Fault(uint cpu, uint vector) =>
        Interrupt(cpu, self => ThreadLifecycle<SimulatedMachine>.ExitCurrent((Cpu*)self, FaultExitCode.For(vector)));

    /// <summary>Whether a CPU's timer should have fired by now.</summary>
    public bool IsTimerDue(uint cpu) => _timers[cpu] <= new Instant(Clock);

    /// <summary>Whether a CPU is idle with work to do.</summary>
    public bool HasIdleWork(uint cpu) => Cpu(cpu)->Current == null && Cpu(cpu)->WorkPending != 0;

    /// <summary>Time passes.</summary>
    public void Advance(long nanoseconds) => Clock += nanoseconds;

    /// <summary>Runs something of the kernel on a CPU, as an entry of its own.</summary>
    public void Enter(uint cpu, Action<nint> body)
    {
        Require(IsOutside(cpu), "the cpu is inside of the kernel");
        _inside.Push(cpu);
        body((nint)Cpu(cpu));
        _inside.Pop();
        CheckRegisters(cpu);
        if (Checking && Depth == 0)
        {
            Invariants.Check(this);
        }
    }

    internal void Point()
    {
        Points++;
        if (OnPoint == null || Depth == 0)
        {
            return;
        }

        foreach (uint cpu in _inside)
        {
            if (Cpu(cpu)->HeldRanks != 0)
            {
                return;
            }
        }

        OnPoint();
    }

    private void Interrupt(uint cpu, Action<nint> body) => Enter(cpu, self =>
    {
        Thread* thread = ((Cpu*)self)->Current;
        if (thread != null)
        {
            SaveRegisters(cpu, thread, interrupted: 1);
        }

        body(self);
        Resume(cpu);
    });

    // What a program does between two entries: it leaves something new in a register, for which r12 stands here.
    private void SaveRegisters(uint cpu, Thread* thread, ulong interrupted)
    {
        _nextRegister++;
        _registers[cpu] = _nextRegister;
        _expectedRegisters[KeyOf(thread)] = _nextRegister;
        thread->Context.R12 = _nextRegister;
        thread->Context.Interrupted = interrupted;
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
