using System;
using Lachesis.Abi;
using Lachesis.Core.Threads;
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
        _world.Resources = (ScenarioResource*)_system.Users.At(_process->Root, SimulatedSystem.DataAddress);
        _world.ResourcesAddress = SimulatedSystem.DataAddress;
        new Span<byte>(_world.Resources, (int)ScenarioLimits.Resources * sizeof(ScenarioResource)).Clear();
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
        ParkStarter();
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

    private void ParkStarter()
    {
        ulong word = SimulatedSystem.DataAddress + (ScenarioLimits.Resources * (ulong)sizeof(ScenarioResource));
        _system.Poke(_process, word, 0);
        _system.Syscall(FirstCpu, SystemCall.Park, word, 0, 0);
        NoteSwitches();
    }

    // As a thread that runs on a CPU does it: makes, sets, starts.
    private void AddThread(uint cpu, uint task)
    {
        if (_threads.Count == ScenarioLimits.Threads)
        {
            throw new ScenarioException($"more than {ScenarioLimits.Threads} threads, with those that were forked");
        }

        ScenarioTask* made = _world.Task(task);
        ulong handle = _system.CreateThread(cpu);
        Thread* thread = _system.ThreadOf(cpu, handle);
        var simulated = new SimulatedThread(thread, in _world, task, handle);
        _threads.Add(simulated);
        _live++;
        _byThread[(nint)thread] = simulated;
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
