using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>
/// What happens to CPUs that are outside of the kernel: interrupts and timers that have come, and whatever the running
/// program does next. Drawn for each CPU, thread and how often it had a turn, so that another schedule changes no more of it
/// than it must.
/// </summary>
internal sealed unsafe partial class Workload
{
    // Of so many turns one is the program's although an interrupt waits.
    private const int DelayInterruptOneIn = 4;

    private readonly Simulation _simulation;
    private readonly SimulatedSystem _system;
    private readonly Plan _plan;
    private readonly ulong[] _draws;
    private readonly (uint Generation, uint Turns)[] _programs;
    private readonly int _totalWeight;

    public Workload(Simulation simulation)
    {
        _simulation = simulation;
        _system = simulation.System;
        _plan = simulation.Plan;
        _draws = new ulong[_plan.Shape.Cpus];
        _programs = new (uint, uint)[_plan.Shape.Threads];
        Words = new ParkedWords(_system);
        foreach (byte weight in _plan.Weights)
        {
            _totalWeight += weight;
        }
    }

    /// <summary>What threads park at.</summary>
    public ParkedWords Words { get; }

    /// <summary>Whether there is anything for a CPU to do.</summary>
    public bool HasWork(uint cpu) =>
        _system.Cpu(cpu)->Current != null || HasInterrupt(cpu) || _system.IsTimerDue(cpu) || _system.HasIdleWork(cpu);

    /// <summary>A CPU does what comes next; there is something.</summary>
    public void RunNext(uint cpu)
    {
        SeededRandom dice = new(_plan.Seed, 'w' | ((ulong)cpu << 8), _draws[cpu]++);
        bool busy = _system.Cpu(cpu)->Current != null;
        if (HasInterrupt(cpu) && (!busy || !dice.OneIn(DelayInterruptOneIn)))
        {
            Note(cpu, "interrupt");
            _system.DeliverIpi(cpu);
        }
        else if (_system.IsTimerDue(cpu) && (!busy || !dice.OneIn(DelayInterruptOneIn)))
        {
            Note(cpu, "timer");
            _system.FireTimer(cpu);
        }
        else if (_system.HasIdleWork(cpu))
        {
            Note(cpu, "idle work");
            _system.RunIdleWork(cpu);
        }
        else if (busy && _simulation.FaultInjection.TakeDuplicate(cpu) && !_system.HasInterrupt(cpu))
        {
            Note(cpu, "the last interrupt once more");
            _system.RepeatIpi(cpu);
        }
        else if (busy)
        {
            RunProgram(cpu, _system.Cpu(cpu)->Current);
        }
    }

    // The n-th thing that a thread does is the same whenever and wherever it does it, and whatever was left out before.
    private void RunProgram(uint cpu, Thread* thread)
    {
        ref (uint Generation, uint Turns) program = ref _programs[thread->Header.Index];
        program = thread->Header.Generation == program.Generation
            ? (program.Generation, program.Turns + 1)
            : (thread->Header.Generation, 0);
        var turn = new ProgramStep(thread->Header.Index, program.Generation, program.Turns);
        if (!_simulation.Skipped.Contains(turn))
        {
            _simulation.OnStep(turn);
            SeededRandom dice = new(_plan.Seed, 't' | ((ulong)turn.Thread << 8) | ((ulong)turn.Generation << 32), turn.Number);
            Perform(cpu, Pick(ref dice), ref dice);
        }
    }

    /// <summary>The first process makes threads until half of those that the plan allows are there, and
    /// what they are to share.</summary>
    public void Begin()
    {
        while (_system.Kernel->Threads.InUse < (_plan.MaxThreads + 1) / 2
            && _system.Kernel->Threads.InUse < _plan.Shape.Threads)
        {
            _system.StartThread(_system.BusyCpu());
            _system.RunPendingWork();
        }

        for (int i = 0; i < SharedObjects && _plan.Weights[(int)Operation.CallEndpoint] != 0; i++)
        {
            _system.Syscall(
                _system.BusyCpu(), SystemCall.ObjectCreate, BootHandle.Process, (ulong)s_smallKinds[i % s_smallKinds.Length]);
        }

        if (_plan.Weights[(int)Operation.EnterRing] != 0)
        {
            SeededRandom dice = new(_plan.Seed, 'r', 0);
            uint cpu = _system.BusyCpu();
            MakeRing(cpu, _system.Cpu(cpu)->Current, ref dice);
        }
    }

    private bool HasInterrupt(uint cpu) => _system.HasInterrupt(cpu) && _simulation.FaultInjection.IsInterruptDelivered(cpu);

    private Operation Pick(ref SeededRandom dice)
    {
        int at = dice.Below(_totalWeight);
        int operation = 0;
        while (at >= _plan.Weights[operation])
        {
            at -= _plan.Weights[operation];
            operation++;
        }

        return (Operation)operation;
    }

    private void Note(uint cpu, string what) => _simulation.Recorder?.Entered(cpu, what);

    private SimulatedSystem.CallResult Call(
        uint cpu, SystemCall number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        if (_simulation.Recorder != null)
        {
            Thread* thread = _system.Cpu(cpu)->Current;
            Note(cpu, $"thread {SimulatedSystem.NameOf(thread)} {number}({a0:x}, {a1:x}, {a2:x}, {a3:x})");
        }

        return _system.Syscall(cpu, number, a0, a1, a2, a3);
    }

    // The first process is to last, and with it its first thread.
    private static bool IsFirst(Process* process) => process->Header.Index == 0;

    private static bool IsFirst(Thread* thread) => thread->Header.Index == 0;
}
