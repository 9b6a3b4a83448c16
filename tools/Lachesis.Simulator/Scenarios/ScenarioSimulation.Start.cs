using System;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>How a scenario begins. The guest's runner does the same, call by call.</summary>
public sealed unsafe partial class ScenarioSimulation
{
    private const uint FirstCpu = 0;

    private void Start()
    {
        _system.InsertRamdisk();
        uint from = _system.Shape.Cpus - 1;
        _process = _system.StartProcess(from, SimulatedSystem.AllGrants);
        _system.Settle();
        MapResources();
        _world.Begin = _system.Clock;
        _world.End = _world.Program->DurationNs == 0 ? long.MaxValue : _world.Begin + (long)_world.Program->DurationNs;

        // In turn, while the CPU is the starter's: under round robin nobody takes it away from it.
        SetPolicy(SchedulingPolicy.RoundRobin);
        _system.Syscall(
            FirstCpu, SystemCall.FairFeaturesSet, BootHandle.Policy, (ulong)_world.Program->Features);
        for (uint task = 0; task < _world.Program->TaskCount; task++)
        {
            for (uint i = 0; i < _world.Task(task)->Instances; i++)
            {
                AddThread(FirstCpu, task);
            }
        }

        SetPolicy(_world.Program->Policy);
        PlaceThreads();
        ParkStarter();
    }

    private void MapResources()
    {
        uint pages = ScenarioWorld.PagesFor(_world.Program->ResourceCount);
        for (uint i = 0; i < pages; i++)
        {
            SimulatedSystem.CallResult mapped = _system.Syscall(
                FirstCpu, SystemCall.MemoryMap, BootHandle.Process, UserLayout.PageSize);
            if (mapped.Error != Error.None)
            {
                throw new ScenarioException($"no memory for {_world.Program->ResourceCount} resources: {mapped.Error}");
            }

            _pages[i].Address = mapped.Value;
            _pages[i].At = (ScenarioResource*)_system.Users.At(_process->Root, mapped.Value);
        }
    }

    private void SetPolicy(SchedulingPolicy policy)
    {
        SimulatedSystem.CallResult result = _system.Syscall(
            FirstCpu, SystemCall.PolicySet, BootHandle.Policy, ulong.MaxValue, (ulong)policy);
        if (result.Error != Error.None)
        {
            throw new ScenarioException($"the kernel refuses the policy {policy}: {result.Error}");
        }
    }

    // Where tasks say that their virtual runtimes and deadlines begin: no system call says that, so it is set in the queue itself, while
    // the starter still runs and all are in it.
    private void PlaceThreads()
    {
        bool any = false;
        for (uint task = 0; task < _world.Program->TaskCount; task++)
        {
            any |= _world.Task(task)->Position != ScenarioPosition.None;
        }

        if (!any)
        {
            return;
        }

        _system.Enter(FirstCpu, static self =>
        {
            Cpu* cpu = (Cpu*)self;
            cpu->RunQueue.Acquire<SimulatedMachine>(cpu);
            while (cpu->RunQueue.MoveStray(cpu))
            {
            }

            cpu->RunQueue.Release<SimulatedMachine>(cpu);
        });
        FairQueue* queue = &_system.Cpu(FirstCpu)->RunQueue.Fair;
        VirtualTime origin = queue->ZeroLag();
        foreach (SimulatedThread thread in _byThread.Values)
        {
            ScenarioTask* task = _world.Task(thread.Task);
            FairEntity* entity = &thread.Kernel->Fair;
            long distance = entity->Deadline - entity->Runtime;
            VirtualTime runtime = origin + task->VirtualRuntime;
            bool saysDeadline = (task->Position & ScenarioPosition.Deadline) != 0;
            queue->Reposition(thread.Kernel, runtime, saysDeadline ? origin + task->VirtualDeadline : runtime + distance);
        }

        _system.Lags[FirstCpu].Forget();
    }

    private void ParkStarter()
    {
        _system.Poke(_process, SimulatedSystem.DataAddress, 0);
        _system.Syscall(FirstCpu, SystemCall.Park, SimulatedSystem.DataAddress, 0, 0);
        NoteSwitches();
    }

    // As a thread that runs on a CPU does it: makes, sets, starts.
    private void AddThread(uint cpu, uint task)
    {
        if (_byThread.Count == ScenarioLimits.Threads)
        {
            throw new ScenarioException(
                $"at {_system.Clock - _world.Begin} ns more than {ScenarioLimits.Threads} threads at a time, with those that were forked");
        }

        while (_endedHandles.TryDequeue(out ulong ended))
        {
            _system.Syscall(cpu, SystemCall.HandleClose, ended);
        }

        ScenarioTask* made = _world.Task(task);
        ulong handle = _system.CreateThread(cpu);
        Thread* thread = _system.ThreadOf(cpu, handle);
        _byThread[(nint)thread] = new SimulatedThread(thread, in _world, _made++, task, handle);
        if (_system.Syscall(cpu, SystemCall.ThreadSetAffinity, handle, made->CpuMask).Error != Error.None)
        {
            throw new ScenarioException($"task {task} may run on none of the {_system.Shape.Cpus} CPUs");
        }

        Set(cpu, handle, SchedulingParameter.Weight, made->Weight);
        Set(cpu, handle, SchedulingParameter.RequestNs, made->RequestNs);
        Set(cpu, handle, SchedulingParameter.Priority, made->Priority);
        Set(cpu, handle, SchedulingParameter.QuantumNs, made->QuantumNs);
        _system.Syscall(cpu, SystemCall.ThreadStart, handle);
        _system.Settle();
        NoteSwitches();
    }

    private void Set(uint cpu, ulong handle, SchedulingParameter parameter, uint value)
    {
        // 0: what the runner's slice makes it.
        bool isTime = parameter is SchedulingParameter.RequestNs or SchedulingParameter.QuantumNs;
        if (isTime && value == 0)
        {
            return;
        }

        Error error = _system.Syscall(
            cpu, SystemCall.ThreadSchedule, BootHandle.Policy, handle, (ulong)parameter, value).Error;
        if (error != Error.None)
        {
            throw new ScenarioException($"the kernel refuses {parameter} {value}: {error}");
        }
    }
}
