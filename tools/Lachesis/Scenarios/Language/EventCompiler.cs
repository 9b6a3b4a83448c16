using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Scenarios.Language;

/// <summary>Compiles the events of one task.</summary>
/// <param name="program">Where operations go.</param>
/// <param name="name">The task.</param>
/// <param name="task">Its number.</param>
/// <param name="instances">Its threads.</param>
internal sealed class EventCompiler(ProgramBuilder program, string name, uint task, uint instances)
{
    private const int MaxMicroseconds = int.MaxValue;
    private const int RunForever = -1;
    private const string Relative = "relative";
    private const string Absolute = "absolute";
    private const string UnnamedTimer = "unknown";

    private readonly List<string> _ownTimers = [];
    private readonly HashSet<ushort> _held = [];

    /// <summary>Compiles an event.</summary>
    /// <param name="key">Its key; a suffix makes it unique.</param>
    /// <param name="node">Its value.</param>
    /// <param name="properties">What else could have stood there, for the error.</param>
    public void Add(string key, ManifestNode node, string[] properties)
    {
        string? kind = ScenarioKeys.EventOf(key);
        if (kind is null)
        {
            throw node.Error($"is not a property or event; allowed: {string.Join(", ", properties.Concat(ScenarioKeys.Events))}");
        }

        if (ScenarioKeys.Refused.TryGetValue(kind, out string? why))
        {
            throw node.Error($"'{kind}' is refused: {why}");
        }

        AddEvent(kind, node);
    }

    private void AddEvent(string kind, ManifestNode node)
    {
        switch (kind)
        {
            case ScenarioKeys.Run:
                AddRun(node);
                break;
            case ScenarioKeys.Runtime:
                Emit(node, ScenarioOperationKind.Runtime, value: Nanoseconds(node));
                break;
            case ScenarioKeys.Sleep:
                Emit(node, ScenarioOperationKind.Sleep, value: Nanoseconds(node));
                break;
            case ScenarioKeys.Timer:
                AddTimer(node);
                break;
            case ScenarioKeys.Lock:
                ushort taken = program.Resources.Mutex(node);
                _held.Add(taken);
                Emit(node, ScenarioOperationKind.Lock, taken);
                break;
            case ScenarioKeys.Unlock:
                ushort given = program.Resources.Mutex(node);
                _held.Remove(given);
                Emit(node, ScenarioOperationKind.Unlock, given);
                break;
            case ScenarioKeys.Signal:
                Emit(node, ScenarioOperationKind.Signal, program.Resources.Condition(node));
                break;
            case ScenarioKeys.Broadcast:
                Emit(node, ScenarioOperationKind.Broadcast, program.Resources.Condition(node));
                break;
            case ScenarioKeys.Wait:
            case ScenarioKeys.Sync:
                AddWait(node, signalsFirst: kind == ScenarioKeys.Sync);
                break;
            case ScenarioKeys.Suspend:
            case ScenarioKeys.Resume:
                AddSuspension(node, suspends: kind == ScenarioKeys.Suspend);
                break;
            case ScenarioKeys.Barrier:
                ushort barrier = program.Resources.Barrier(node);
                program.AddBarrierThreads(barrier, task, instances);
                Emit(node, ScenarioOperationKind.Barrier, barrier);
                break;
            case ScenarioKeys.SemaphorePost:
                Emit(node, ScenarioOperationKind.SemaphorePost, program.Resources.Semaphore(node));
                break;
            case ScenarioKeys.SemaphoreWait:
                Emit(node, ScenarioOperationKind.SemaphoreWait, program.Resources.Semaphore(node));
                break;
            case ScenarioKeys.Fork:
                Emit(node, ScenarioOperationKind.Fork, extra: program.Fork(node));
                break;
            default:
                Emit(node, ScenarioOperationKind.Yield);
                break;
        }
    }

    private void AddRun(ManifestNode node)
    {
        int microseconds = node.Number(RunForever, MaxMicroseconds);
        if (microseconds == RunForever)
        {
            program.NeedsDuration(task, $"'{ScenarioKeys.Run}': {RunForever} never ends");
        }

        Emit(
            node, ScenarioOperationKind.Run,
            value: microseconds == RunForever ? ScenarioLimits.MaxTimeNs : (ulong)microseconds * 1000);
    }

    private void AddTimer(ManifestNode node)
    {
        Dictionary<string, ManifestNode> fields = node.Fields(ScenarioKeys.TimerFields, [ScenarioKeys.Period]);
        string timer = fields.TryGetValue(ScenarioKeys.Reference, out ManifestNode reference) ? reference.Text() : UnnamedTimer;
        string mode = fields.TryGetValue(ScenarioKeys.Mode, out ManifestNode named) ? named.Text() : Relative;
        if (mode is not (Relative or Absolute))
        {
            throw named.NotOneOf(mode, "a mode", [Relative, Absolute]);
        }

        bool own = timer.StartsWith(ScenarioKeys.UniquePrefix, StringComparison.Ordinal);
        program.Emit(node, new ScenarioOperation
        {
            Kind = own ? ScenarioOperationKind.OwnTimer : ScenarioOperationKind.Timer,
            Resource = own ? OwnTimer(node, timer) : program.Resources.Timer(node, timer),
            Flags = mode == Relative ? ScenarioOperation.Relative : (ushort)0,
            Value = (ulong)fields[ScenarioKeys.Period].Number(1, MaxMicroseconds) * 1000,
        });
    }

    private ushort OwnTimer(ManifestNode node, string timer)
    {
        if (!_ownTimers.Contains(timer))
        {
            if (_ownTimers.Count == ScenarioLimits.OwnTimers)
            {
                throw node.Error($"more than {ScenarioLimits.OwnTimers} timers of a task's own");
            }

            _ownTimers.Add(timer);
        }

        return (ushort)_ownTimers.IndexOf(timer);
    }

    private void AddWait(ManifestNode node, bool signalsFirst)
    {
        Dictionary<string, ManifestNode> fields = node.Fields(ScenarioKeys.WaitFields, ScenarioKeys.WaitFields);
        ushort condition = program.Resources.Condition(fields[ScenarioKeys.Reference]);
        ushort mutex = program.Resources.Mutex(fields[ScenarioKeys.Mutex]);

        // Scenarios write a sync both ways: alone, and between a lock and an unlock of its mutex.
        bool locks = signalsFirst && !_held.Contains(mutex);
        if (locks)
        {
            Emit(node, ScenarioOperationKind.Lock, mutex);
        }

        if (signalsFirst)
        {
            Emit(node, ScenarioOperationKind.Signal, condition);
        }

        Emit(node, ScenarioOperationKind.Wait, condition, mutex);
        if (locks)
        {
            Emit(node, ScenarioOperationKind.Unlock, mutex);
        }
    }

    // A task that names nobody waits under its own name.
    private void AddSuspension(ManifestNode node, bool suspends)
    {
        string text = node.Text();
        (ushort condition, ushort mutex) = program.Resources.Suspension(node, text.Length == 0 ? name : text);
        Emit(node, ScenarioOperationKind.Lock, mutex);
        if (suspends)
        {
            Emit(node, ScenarioOperationKind.Wait, condition, mutex);
        }
        else
        {
            Emit(node, ScenarioOperationKind.Broadcast, condition);
        }

        Emit(node, ScenarioOperationKind.Unlock, mutex);
    }

    private static ulong Nanoseconds(ManifestNode node) => (ulong)node.Number(0, MaxMicroseconds) * 1000;

    private void Emit(
        ManifestNode node, ScenarioOperationKind kind, ushort resource = 0, uint extra = 0, ulong value = 0) =>
        program.Emit(node, new ScenarioOperation { Kind = kind, Resource = resource, Operand = extra, Value = value });
}
