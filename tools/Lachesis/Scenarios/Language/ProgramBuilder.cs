using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Scenarios.Language;

/// <summary>Compiles tasks, one after the other, into tasks and operations of a program.</summary>
/// <param name="defaultPolicy">Of tasks that name none.</param>
/// <param name="names">Names of all tasks: what can be forked.</param>
internal sealed class ProgramBuilder(TaskPolicy defaultPolicy, IReadOnlyList<string> names)
{
    private const int MaxMicroseconds = int.MaxValue;
    private const int MaxLoops = int.MaxValue;
    private const int LoopForever = -1;
    private const int PhaseLevel = 0;
    private const int TaskLevel = 1;

    private readonly ResourceTable _resources = new();
    private readonly List<ScenarioTask> _tasks = [];
    private readonly List<ScenarioOperation> _operations = [];
    private readonly Dictionary<ushort, uint> _barrierSizes = [];
    private readonly HashSet<uint> _forked = [];
    private readonly HashSet<uint> _tasksAtBarriers = [];
    private readonly Dictionary<uint, string> _endless = [];

    /// <summary>Names of the tasks.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>The tasks so far.</summary>
    public IReadOnlyList<ScenarioTask> Tasks => _tasks;

    /// <summary>The operations so far.</summary>
    public IReadOnlyList<ScenarioOperation> Operations => _operations;

    /// <summary>Mutexes, conditions, barriers, semaphores and shared timers so far.</summary>
    public IReadOnlyList<ScenarioResourceName> ResourceNames => _resources.Names;

    /// <summary>Whether a task asked for a realtime policy.</summary>
    public bool NeedsPriorities { get; private set; }

    /// <summary>Compiles a task.</summary>
    public void Add(string name, ManifestNode node)
    {
        if (names.Count(other => other == name) > 1)
        {
            throw node.Error("a task of this name occurs twice");
        }

        List<(string Name, ManifestNode Value)> all = node.Properties("a task's properties and events");
        Dictionary<string, ManifestNode> keys = PropertiesOf(all, ScenarioKeys.TaskProperties);
        Scheduling scheduling = Scheduling.Read(keys, defaultPolicy, isTask: true);
        NeedsPriorities |= scheduling.IsRealtime;
        uint instances = (uint)NumberOf(keys, ScenarioKeys.Instance, 0, (int)ScenarioLimits.Threads, 1);
        ulong mask = MaskOf(keys) ?? ulong.MaxValue;
        var task = new ScenarioTask
        {
            FirstOperation = (uint)_operations.Count,
            Instances = instances,
            DelayNs = (ulong)NumberOf(keys, ScenarioKeys.Delay, 0, MaxMicroseconds, 0) * 1000,
            CpuMask = mask,
            Weight = scheduling.Weight ?? SchedulingLimits.DefaultWeight,
            SliceNs = scheduling.RequestNs ?? 0,
            Priority = scheduling.Priority ?? 0,
            QuantumNs = scheduling.QuantumNs ?? 0,
        };
        Position.Read(keys, ref task);
        var events = new EventCompiler(this, name, (uint)_tasks.Count, instances);
        _tasks.Add(task);
        AddPhases(node, all, keys, events, scheduling.Policy, mask);
        int loops = NumberOf(keys, ScenarioKeys.Loop, LoopForever, MaxLoops, LoopForever);
        AddRepeat(node, (int)task.FirstOperation, loops, TaskLevel);
        Emit(node, new ScenarioOperation { Kind = ScenarioOperationKind.End });
    }

    /// <summary>What only shows once all tasks are known.</summary>
    public void Finish(ManifestNode node, ulong durationNs)
    {
        long threads = _tasks.Sum(static task => (long)task.Instances);
        if (threads is 0 or > ScenarioLimits.Threads)
        {
            throw node.Error($"{threads} threads start with the scenario; allowed: 1 to {ScenarioLimits.Threads}");
        }

        if (_tasksAtBarriers.Intersect(_forked).Any())
        {
            string name = names[(int)_tasksAtBarriers.Intersect(_forked).First()];
            throw node.Error($"'{name}' is forked and meets others at a barrier: how many would come is not known");
        }

        uint[] placed = [.. _forked.Where(task => _tasks[(int)task].GivenVirtualTimes != ScenarioVirtualTimes.None)];
        if (placed.Length > 0)
        {
            throw node.Error(
                $"'{names[(int)placed[0]]}' is forked, and says where it begins under the fair policy: so may only tasks whose "
                + "threads all start with the scenario");
        }

        if (durationNs == 0 && _endless.Count > 0)
        {
            (uint task, string why) = _endless.MinBy(static pair => pair.Key);
            throw node.Error(
                $"'{names[(int)task]}' {why}, or 'global' a 'duration' in seconds");
        }

        foreach (ref ScenarioOperation operation in CollectionsMarshal.AsSpan(_operations))
        {
            if (operation.Kind == ScenarioOperationKind.Barrier)
            {
                operation.Operand = _barrierSizes[operation.Resource];
            }
        }
    }

    internal ResourceTable Resources => _resources;

    internal uint Fork(ManifestNode node)
    {
        string name = node.Text();
        int task = names.ToList().IndexOf(name);
        if (task < 0)
        {
            throw node.NotOneOf(name, "a task", names);
        }

        _forked.Add((uint)task);
        return (uint)task;
    }

    internal void NeedsDuration(uint task, string why) => _endless.TryAdd(task, $"has no end, as {why}: give it another one");

    internal void AddBarrierThreads(ushort barrier, uint task, uint threads)
    {
        _tasksAtBarriers.Add(task);
        _barrierSizes[barrier] = _barrierSizes.GetValueOrDefault(barrier) + threads;
    }

    internal void Emit(ManifestNode node, ScenarioOperation operation)
    {
        if (_operations.Count == ScenarioLimits.Operations)
        {
            throw node.Error($"more than {ScenarioLimits.Operations} operations in all");
        }

        _operations.Add(operation);
    }

    private void AddPhases(
        ManifestNode node, List<(string Name, ManifestNode Value)> all, Dictionary<string, ManifestNode> keys,
        EventCompiler events, TaskPolicy policy, ulong taskMask)
    {
        if (!keys.TryGetValue(ScenarioKeys.Phases, out ManifestNode phases))
        {
            // The task is its own only phase.
            AddEvents(node, all, ScenarioKeys.TaskProperties, events, loops: 1);
            return;
        }

        foreach ((string name, ManifestNode value) in all)
        {
            if (!ScenarioKeys.TaskProperties.Contains(name))
            {
                throw value.Error($"a task with '{ScenarioKeys.Phases}' has its events in them");
            }
        }

        List<(string Name, ManifestNode Value)> list = phases.Properties("phases by name");
        if (list.Count == 0)
        {
            throw phases.Error("at least one phase is needed");
        }

        bool pins = list.Any(phase => phase.Value.Properties("a phase").Any(key => key.Name == ScenarioKeys.Cpus));
        foreach ((_, ManifestNode phase) in list)
        {
            List<(string Name, ManifestNode Value)> content = phase.Properties("a phase's properties and events");
            Dictionary<string, ManifestNode> own = PropertiesOf(content, ScenarioKeys.PhaseProperties);
            AddSettings(phase, own, policy, pins ? MaskOf(own) ?? taskMask : null);
            int loops = NumberOf(own, ScenarioKeys.Loop, LoopForever, MaxLoops, 1);
            AddEvents(phase, content, ScenarioKeys.PhaseProperties, events, loops);
        }
    }

    private void AddSettings(ManifestNode node, Dictionary<string, ManifestNode> keys, TaskPolicy policy, ulong? mask)
    {
        if (mask is ulong cpus)
        {
            Emit(node, new ScenarioOperation { Kind = ScenarioOperationKind.Affinity, Value = cpus });
        }

        Scheduling scheduling = Scheduling.Read(keys, policy, isTask: false);
        NeedsPriorities |= scheduling.IsRealtime;
        foreach ((SchedulingParameter parameter, uint value) in scheduling.Settings)
        {
            Emit(node, new ScenarioOperation { Kind = ScenarioOperationKind.Schedule, Operand = (uint)parameter, Value = value });
        }
    }

    private void AddEvents(
        ManifestNode node, List<(string Name, ManifestNode Value)> all, string[] properties, EventCompiler events, int loops)
    {
        int first = _operations.Count;
        foreach ((string key, ManifestNode value) in all)
        {
            if (!properties.Contains(key))
            {
                events.Add(key, value, properties);
            }
        }

        Emit(node, new ScenarioOperation { Kind = ScenarioOperationKind.Activation });
        AddRepeat(node, first, loops, PhaseLevel);
    }

    private void AddRepeat(ManifestNode node, int first, int loops, int level)
    {
        if (loops == 0)
        {
            throw node.Error(
                $"'{ScenarioKeys.Loop}' is 0: nothing would be done; allowed: {LoopForever} (for ever) or at least 1");
        }

        if (loops == 1)
        {
            return;
        }

        if (loops == LoopForever)
        {
            if (!_operations.Skip(first).Any(TakesTime))
            {
                throw node.Error(
                    "loops for ever without time passing: it needs a run, sleep, timer, wait, sem_wait, suspend or barrier");
            }

            _endless.TryAdd((uint)_tasks.Count - 1, "loops for ever: give it a 'loop'");
        }

        Emit(node, new ScenarioOperation
        {
            Kind = ScenarioOperationKind.Repeat,
            Resource = (ushort)level,
            Operand = (uint)first,
            Value = loops == LoopForever ? ScenarioOperation.Forever : (ulong)loops - 1,
        });
    }

    private static bool TakesTime(ScenarioOperation operation) => operation.Kind switch
    {
        >= ScenarioOperationKind.Run and <= ScenarioOperationKind.OwnTimer => operation.Value > 0,
        ScenarioOperationKind.Wait or ScenarioOperationKind.Barrier or ScenarioOperationKind.SemaphoreWait => true,
        _ => false,
    };

    // Events may occur again and again in an object, properties once.
    private static Dictionary<string, ManifestNode> PropertiesOf(
        List<(string Name, ManifestNode Value)> all, string[] properties)
    {
        var found = new Dictionary<string, ManifestNode>();
        foreach ((string name, ManifestNode value) in all)
        {
            if (properties.Contains(name) && !found.TryAdd(name, value))
            {
                throw value.Error("occurs twice");
            }
        }

        return found;
    }

    private static int NumberOf(Dictionary<string, ManifestNode> keys, string key, int least, int most, int otherwise) =>
        keys.TryGetValue(key, out ManifestNode node) ? node.Number(least, most) : otherwise;

    private static ulong? MaskOf(Dictionary<string, ManifestNode> keys) =>
        keys.TryGetValue(ScenarioKeys.Cpus, out ManifestNode node)
        ? node.Distinct(1, Platform.MaxCpus, item => item.Number(0, Platform.MaxCpus - 1))
            .Aggregate(0UL, (mask, cpu) => mask | (1UL << cpu))
        : null;
}
