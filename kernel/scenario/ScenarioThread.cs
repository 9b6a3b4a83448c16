using System.Threading;
using Lachesis.Abi;

namespace Lachesis.Scenarios;

/// <summary>
/// One thread of a scenario, as a machine that says what the thread wants next. Both runners drive it: the guest's threads
/// do what it says, the simulator does it for them in virtual time. So a file means the same to both by construction.
/// </summary>
public unsafe partial struct ScenarioThread
{
    // Operations that take no time could follow each other for ever.
    private const int MaxStepsAtOnce = 1000;

    private enum WaitKind : uint
    {
        None,
        Starting,
        Sleeping,
        Parked,
        Calling,
    }

    /// <summary>Its task.</summary>
    public uint Task;

    /// <summary>Its number: threads are counted as they are made, from 0.</summary>
    public uint Number;

    /// <summary>Its handle in the process.</summary>
    public ulong Handle;

    /// <summary>What it notes down.</summary>
    public ScenarioLog Log;

    private uint _position;
    private uint _stage;
    private WaitKind _wait;
    private long _waitSince;
    private long _startedAt;
    private uint _parkedOn;
    private ulong _holder;
    private uint _seenWord;
    private fixed ulong _rounds[(int)ScenarioLimits.LoopLevels];
    private fixed long _timers[(int)ScenarioLimits.OwnTimers];

    /// <summary>Makes it a thread of a task that begins at an instant, apart from the task's delay. Its number and handle stand
    /// in it.</summary>
    public void Prepare(in ScenarioContext world, uint task, long begin)
    {
        Task = task;
        Log.Clear();
        _position = world.Task(task)->FirstOperation;
        _stage = 0;
        _wait = WaitKind.Starting;
        _waitSince = begin + (long)world.Task(task)->DelayNs;
        for (int i = 0; i < (int)ScenarioLimits.LoopLevels; i++)
        {
            _rounds[i] = 0;
        }

        for (int i = 0; i < (int)ScenarioLimits.OwnTimers; i++)
        {
            _timers[i] = 0;
        }
    }

    /// <summary>What it wants next, now that what it wanted last is done.</summary>
    /// <param name="world">What it shares with others.</param>
    /// <param name="now">The instant.</param>
    /// <param name="last">What its last system call gave.</param>
    /// <param name="runnableSince">If that took the CPU from it: since when it could run again, by the kernel's ledger of it;
    /// else now.</param>
    public ScenarioStep Next(in ScenarioContext world, long now, SystemResult last, long runnableSince)
    {
        if (now >= world.End)
        {
            RecordPendingWait(in world, last, runnableSince);
            return Stop(in world, world.End);
        }

        if (world.IsStopped)
        {
            RecordFinalBlock(in world);
            return Stop(in world, now);
        }

        if (_wait == WaitKind.Starting && now < _waitSince)
        {
            return SleepUntil(in world, _waitSince);
        }

        RecordResume(in world, now, last, runnableSince);
        for (int i = 0; i < MaxStepsAtOnce; i++)
        {
            ScenarioOperation* operation = world.Operation(_position);
            if (operation->Kind == ScenarioOperationKind.End)
            {
                return Stop(in world, now);
            }

            if (Perform(in world, operation, now, last, out ScenarioStep step))
            {
                bool calls = step.Kind is ScenarioStepKind.Call or ScenarioStepKind.Fork;
                _wait = calls && _wait == WaitKind.None ? WaitKind.Calling : _wait;
                return step;
            }
        }

        _wait = WaitKind.Calling;
        return ScenarioStep.Call(SystemCall.Nop);
    }

    /// <summary>Notes a figure of the kernel's ledger of it, at its end.</summary>
    public void RecordLedger(in ScenarioContext world, ScenarioLedger which, ulong value) =>
        AddEvent(in world, new ScenarioEvent(ScenarioEventKind.Ledger, (long)which, (long)value));

    /// <summary>It goes on computing after it lost the CPU: notes it.</summary>
    /// <param name="world">The scenario.</param>
    /// <param name="now">The instant.</param>
    /// <param name="runnableSince">Since when it could run.</param>
    public void RecordLostCpu(in ScenarioContext world, long now, long runnableSince)
    {
        if (now < world.End)
        {
            Record(in world, ScenarioEventKind.LostCpu, now, now - runnableSince);
        }
        else if (runnableSince < world.End)
        {
            Record(in world, ScenarioEventKind.RunnableAtEnd, world.End, world.End - runnableSince);
        }
    }

    /// <summary>Notes a stretch of CPU time.</summary>
    public void RecordRunInterval(in ScenarioContext world, ScenarioEvent stretch) => AddEvent(in world, stretch);

    private ScenarioStep Stop(in ScenarioContext world, long now)
    {
        Record(in world, ScenarioEventKind.End, now, 0);
        return ScenarioStep.Of(ScenarioStepKind.End);
    }

    private void RecordResume(in ScenarioContext world, long now, SystemResult last, long runnableSince)
    {
        switch (_wait)
        {
            case WaitKind.Starting:
                _startedAt = now;
                Record(in world, ScenarioEventKind.Start, now, now - _waitSince);
                break;
            case WaitKind.Sleeping:
                Record(in world, ScenarioEventKind.Woken, now, now - _waitSince);
                break;
            case WaitKind.Parked when last.Error == Error.None:
                RecordBlock(in world);
                Record(in world, ScenarioEventKind.Woken, now, now - runnableSince);
                break;
            case WaitKind.Parked or WaitKind.Calling when runnableSince < now:
                Record(in world, ScenarioEventKind.LostCpu, now, now - runnableSince);
                break;
            default:
                break;
        }

        _wait = WaitKind.None;
    }

    // The scenario is over. What it waits for has not come, or it could have run and did not.
    private void RecordPendingWait(in ScenarioContext world, SystemResult last, long runnableSince)
    {
        bool parked = _wait == WaitKind.Parked && last.Error != Error.ValueChanged;
        if (parked)
        {
            RecordFinalBlock(in world);
        }

        long since = _wait switch
        {
            WaitKind.None => world.End,
            WaitKind.Starting or WaitKind.Sleeping => _waitSince,
            _ => parked && last.Error != Error.None ? world.End : runnableSince,
        };
        if (since < world.End)
        {
            bool woken = parked || _wait == WaitKind.Sleeping;
            Record(
                in world, woken ? ScenarioEventKind.WokenAtEnd : ScenarioEventKind.RunnableAtEnd, world.End, world.End - since);
        }
    }

    private void RecordBlock(in ScenarioContext world) =>
        AddEvent(in world, ScenarioEvent.ForResource(ScenarioEventKind.Blocked, _waitSince - world.Begin, _parkedOn, _holder));

    // The mutex may have had several holders meanwhile: at the end, the last one counts.
    private void RecordFinalBlock(in ScenarioContext world)
    {
        if (_wait == WaitKind.Parked)
        {
            _holder = Volatile.Read(ref world.Resource(_parkedOn)->Holder);
            RecordBlock(in world);
        }
    }

    private void Record(in ScenarioContext world, ScenarioEventKind kind, long now, long value) =>
        AddEvent(in world, new ScenarioEvent(kind, now - world.Begin, value));

    private void AddEvent(in ScenarioContext world, ScenarioEvent note) => Log.Add(world.EventChunks, Number, Task, note);

    // True: the step is to be done first. False: the operation is over, at once.
    private bool Perform(
        in ScenarioContext world, ScenarioOperation* operation, long now, SystemResult last, out ScenarioStep step)
    {
        step = default;
        switch (operation->Kind)
        {
            case ScenarioOperationKind.Run:
                step = ScenarioStep.Of(ScenarioStepKind.Compute, operation->Value);
                return AdvanceAfterStep();
            case ScenarioOperationKind.Runtime:
                step = ScenarioStep.Of(ScenarioStepKind.ComputeUntil, (ulong)now + operation->Value);
                return AdvanceAfterStep();
            case ScenarioOperationKind.Sleep:
                step = Sleep(in world, now + (long)operation->Value);
                return AdvanceAfterStep();
            case ScenarioOperationKind.Timer:
            case ScenarioOperationKind.OwnTimer:
                return WaitForPeriod(in world, operation, now, out step);
            case ScenarioOperationKind.Yield:
                step = ScenarioStep.Call(SystemCall.Yield);
                return AdvanceAfterStep();
            case ScenarioOperationKind.Fork:
                step = ScenarioStep.Of(ScenarioStepKind.Fork, operation->Operand);
                return AdvanceAfterStep();
            case ScenarioOperationKind.Schedule:
                step = ScenarioStep.Call(
                    SystemCall.ThreadSetScheduling, BootHandle.Policy, Handle, operation->Operand, operation->Value);
                return AdvanceAfterStep();
            case ScenarioOperationKind.Affinity:
                step = ScenarioStep.Call(SystemCall.ThreadSetAffinity, Handle, operation->Value);
                return AdvanceAfterStep();
            case ScenarioOperationKind.Activation:
                Record(in world, ScenarioEventKind.Activation, now, 0);
                _position++;
                return false;
            case ScenarioOperationKind.Repeat:
                Repeat(operation);
                return false;
            default:
                return PerformSynchronization(in world, operation, now, last, out step);
        }
    }

    // The next operation is the one after this, once the step is done.
    private bool AdvanceAfterStep()
    {
        _position++;
        _stage = 0;
        return true;
    }

    private bool Advance()
    {
        _position++;
        _stage = 0;
        return false;
    }

    private void Repeat(ScenarioOperation* operation)
    {
        ref ulong rounds = ref _rounds[operation->Resource];
        if (operation->Value == ScenarioOperation.Forever || rounds < operation->Value)
        {
            rounds++;
            _position = operation->Operand;
            return;
        }

        rounds = 0;
        _position++;
    }

    private ScenarioStep Sleep(in ScenarioContext world, long due)
    {
        _wait = WaitKind.Sleeping;
        _waitSince = due;
        return SleepUntil(in world, due);
    }

    private static ScenarioStep SleepUntil(in ScenarioContext world, long due) =>
        ScenarioStep.Call(SystemCall.SleepUntil, (ulong)(due < world.End ? due : world.End));
}
