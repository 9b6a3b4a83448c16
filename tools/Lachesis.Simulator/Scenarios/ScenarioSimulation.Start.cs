using System;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>How a scenario begins. The guest's runner does the same, call by call.</summary>
public sealed unsafe partial class ScenarioSimulation
{
    private void Start()
    {
        _system.InsertRamdisk();
        uint from = _system.Shape.Cpus - 1;
        _process = _system.StartProcess(from, SimulatedSystem.AllGrants);
        _starter = _system.FirstOf(_process);
        _system.RunPendingWork();
        MapResources();
        _world.Begin = _system.Clock;
        _world.End = _world.Program->DurationNs == 0 ? long.MaxValue : _world.Begin + (long)_world.Program->DurationNs;

        // In turn, while the starter runs: under round robin no thread takes its CPU from it.
        SetPolicy(SchedulingPolicy.RoundRobin);
        Call(_starter, SystemCall.FairFeaturesSet, BootHandle.Policy, (ulong)_world.Program->Features);
        for (uint task = 0; task < _world.Program->TaskCount; task++)
        {
            for (uint i = 0; i < _world.Task(task)->Instances; i++)
            {
                AddThread(_starter, task);
            }
        }

        SetPolicy(_world.Program->Policy);
        PlaceThreads();
        ParkStarter();
    }

    private void MapResources()
    {
        uint pages = ScenarioContext.PagesFor(_world.Program->ResourceCount);
        for (uint i = 0; i < pages; i++)
        {
            SimulatedSystem.CallResult mapped = Call(
                _starter, SystemCall.MemoryMap, BootHandle.Process, UserLayout.PageSize);
            if (mapped.Error != Error.None)
            {
                throw new ScenarioException($"no memory for {_world.Program->ResourceCount} resources: {mapped.Error}");
            }

            _pages[i].Address = mapped.Value;
            _pages[i].At = (ScenarioResource*)_system.Users.At(_process->PageTableRoot, mapped.Value);
        }
    }

    private void SetPolicy(SchedulingPolicy policy)
    {
        SimulatedSystem.CallResult result = Call(
            _starter, SystemCall.PolicySet, BootHandle.Policy, ulong.MaxValue, (ulong)policy);
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
            any |= _world.Task(task)->GivenVirtualTimes != ScenarioVirtualTimes.None;
        }

        if (!any)
        {
            return;
        }

        uint starterCpu = _system.CpuOf(_starter);
        _system.Enter(starterCpu, static self =>
        {
            Cpu* cpu = (Cpu*)self;
            cpu->RunQueue.Acquire<SimulatedMachine>(cpu);
            while (cpu->RunQueue.RequeueOldPolicyThread(cpu))
            {
            }

            cpu->RunQueue.Release<SimulatedMachine>(cpu);
        });
        FairQueue* queue = &_system.Cpu(starterCpu)->RunQueue.Fair;
        VirtualTime origin = queue->ZeroLag();
        foreach (SimulatedThread thread in _byThread.Values)
        {
            ScenarioTask* task = _world.Task(thread.Task);
            FairEntity* entity = &thread.Kernel->Fair;
            long distance = entity->Deadline - entity->VirtualRuntime;
            VirtualTime runtime = origin + task->VirtualRuntime;
            bool saysDeadline = (task->GivenVirtualTimes & ScenarioVirtualTimes.Deadline) != 0;
            queue->Reposition(thread.Kernel, runtime, saysDeadline ? origin + task->VirtualDeadline : runtime + distance);
        }

        _system.Lags[starterCpu].Forget();
    }

    private void ParkStarter()
    {
        _system.WriteUserWord(_process, SimulatedSystem.DataAddress, 0);
        Call(_starter, SystemCall.Park, SimulatedSystem.DataAddress, 0, 0);
        NoteSwitches();
    }

    // A thread that runs calls the kernel, from wherever the kernel has put it.
    private SimulatedSystem.CallResult Call(
        Thread* caller, SystemCall number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0) =>
        _system.Syscall(_system.CpuOf(caller), number, a0, a1, a2, a3);

    // As a thread that runs does it: makes, sets, starts.
    private void AddThread(Thread* maker, uint task)
    {
        if (_byThread.Count == ScenarioLimits.Threads)
        {
            throw new ScenarioException(
                $"at {_system.Clock - _world.Begin} ns more than {ScenarioLimits.Threads} threads at a time, with those that were forked");
        }

        while (_endedHandles.TryDequeue(out ulong ended))
        {
            Call(maker, SystemCall.CapabilityDelete, ended);
        }

        ScenarioTask* made = _world.Task(task);
        uint cpu = _system.CpuOf(maker);
        ulong handle = _system.CreateThread(cpu);
        Thread* thread = _system.ThreadOf(cpu, handle);
        _byThread[(nint)thread] = new SimulatedThread(thread, in _world, _createdThreads++, task, handle);
        if (Call(maker, SystemCall.ThreadSetAffinity, handle, made->CpuMask).Error != Error.None)
        {
            throw new ScenarioException($"task {task} may run on none of the {_system.Shape.Cpus} CPUs");
        }

        Set(maker, handle, SchedulingParameter.Weight, made->Weight);
        Set(maker, handle, SchedulingParameter.SliceNs, made->SliceNs);
        Set(maker, handle, SchedulingParameter.Priority, made->Priority);
        Set(maker, handle, SchedulingParameter.QuantumNs, made->QuantumNs);
        Call(maker, SystemCall.ThreadStart, handle);
        _system.RunPendingWork();
        NoteSwitches();
    }

    private void Set(Thread* maker, ulong handle, SchedulingParameter parameter, uint value)
    {
        // 0: what the runner's slice makes it.
        bool isTime = parameter is SchedulingParameter.SliceNs or SchedulingParameter.QuantumNs;
        if (isTime && value == 0)
        {
            return;
        }

        Error error = Call(maker, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)parameter, value).Error;
        if (error != Error.None)
        {
            throw new ScenarioException($"the kernel refuses {parameter} {value}: {error}");
        }
    }
}
