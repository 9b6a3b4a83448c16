using System;

namespace Lachesis.Simulator;

/// <summary>What CPUs do outside of the kernel: come in again, halt, wait until all are outside, end.</summary>
internal sealed unsafe partial class Interleaver
{
    private ulong _ended;
    private long _entriesAtCheck;
    private bool _quiescing;

    // CPUs that the schedule may let go on. Bits of those that wait in Outside for something that has come are set, too.
    private ulong Runnable
    {
        get
        {
            ulong runnable = 0;
            for (uint cpu = 0; cpu < _cpus; cpu++)
            {
                bool stopped = Step < _stoppedUntil[cpu];
                bool ended = (_ended >> (int)cpu & 1) != 0;
                if (!stopped && !ended && (!_simulation.System.IsOutside(cpu) || CanEnterKernel(cpu)))
                {
                    runnable |= 1ul << (int)cpu;
                }
            }

            return runnable;
        }
    }

    /// <summary>Runs all CPUs until no program asks for anything more and all are outside of the kernel.</summary>
    public void Run() => _threads.Run(RunCpu);

    /// <summary>A CPU has just left the kernel: everything is checked if it was the last, else what can be.</summary>
    public void OnKernelExit(uint cpu)
    {
        _passed[cpu] = 0;
        if (_simulation.System.Depth == 0)
        {
            Check();
        }
        else
        {
            CpuInvariants.CheckLeaving(_simulation.System, cpu);
        }
    }

    private void RunCpu(int cpu)
    {
        _simulation.System.BindToThread();
        try
        {
            while (!_simulation.IsStopping && WaitForTurn((uint)cpu))
            {
                _simulation.Workload.RunNext((uint)cpu);
            }
        }
        catch (UnwindException)
        {
            // Another CPU failed; this one was in the middle of the kernel.
        }
        catch (Exception failure)
        {
            _simulation.Fail(failure);
        }

        EndCpu(cpu);
    }

    // Before a CPU enters the kernel again; false once nothing more is to be done.
    private bool WaitForTurn(uint cpu)
    {
        Point(Access.Outside);
        _quiescing |= _simulation.System.Entries - _entriesAtCheck >= _simulation.Plan.CheckEvery;
        if (Step >= _simulation.Plan.Steps)
        {
            _simulation.IsOver = true;
            PlanDecision();
        }

        while (!CanEnterKernel(cpu) && !_simulation.IsOver)
        {
            ulong runnable = Runnable;
            if (runnable == 0)
            {
                // A step, too: CPUs and interrupts wait for steps.
                Step++;
                ProgressWhenStuck();
            }
            else
            {
                SwitchToAnother(runnable);
            }
        }

        return !_simulation.IsOver;
    }

    private bool CanEnterKernel(uint cpu) => _simulation.IsOver || (!_quiescing && _simulation.Workload.HasWork(cpu));

    // Nobody can go on. What was delayed comes; all are checked who were waited for; time passes until a timer fires.
    private void ProgressWhenStuck()
    {
        if (ReleaseStoppedCpu() || _simulation.System.Depth != 0)
        {
            // Those that stood still can go on now.
            return;
        }

        if (_quiescing)
        {
            _quiescing = false;
            Check();
        }
        else if (!DrainAll() && !_simulation.ForceProgress())
        {
            _simulation.IsOver = true;
        }
    }

    private void Check()
    {
        _entriesAtCheck = _simulation.System.Entries;
        if (_buffers == null)
        {
            _simulation.Check();
        }
        else
        {
            _buffers.WithAllStoresVisible(_simulation.Check);
        }
    }

    private bool DrainAll()
    {
        bool any = false;
        for (int cpu = 0; _buffers != null && cpu < _cpus; cpu++)
        {
            any |= !_buffers.IsEmpty(cpu);
            _buffers.Drain(cpu);
        }

        return any;
    }

    private bool ReleaseStoppedCpu()
    {
        bool any = false;
        for (int cpu = 0; cpu < _cpus; cpu++)
        {
            any |= Step < _stoppedUntil[cpu];
            _stoppedUntil[cpu] = 0;
        }

        return any;
    }

    private void EndCpu(int cpu)
    {
        _ended |= 1ul << cpu;
        ulong left = ((1ul << (int)_cpus) - 1) & ~_ended;
        if (left == 0)
        {
            _buffers?.DrainAll();
            _threads.SignalDone();
            return;
        }

        int next = Schedule.NextRunnable(cpu, left);
        TransferTo(next);
        _threads.ExitTo(next);
    }
}
