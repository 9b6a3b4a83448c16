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
    private const int MostAtOnce = 1000;

    private enum Absence : uint
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
    private Absence _absence;
    private long _since;
    private long _began;
    private uint _parkedOn;
    private ulong _holder;
    private uint _seen;
    private fixed ulong _rounds[(int)ScenarioLimits.LoopLevels];
    private fixed long _timers[(int)ScenarioLimits.OwnTimers];

    /// <summary>Makes it a thread of a task that begins at an instant, apart from the task's delay. Its number and handle stand
    /// in it.</summary>
    public void Prepare(in ScenarioWorld world, uint task, long begin)
    {
        Task = task;
        Log.Clear();
        _position = world.Task(task)->FirstOperation;
        _stage = 0;
        _absence = Absence.Starting;
        _since = begin + (long)world.Task(task)->DelayNs;
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
    public ScenarioStep Next(in ScenarioWorld world, long now, SystemResult last, long runnableSince)
    {
        if (now >= world.End)
        {
            NoteOpenWait(in world, last, runnableSince);
            return Stop(in world, world.End);
        }

        if (world.IsStopped)
        {
            NoteLastBlock(in world);
            return Stop(in world, now);
        }

        if (_absence == Absence.Starting && now < _since)
        {
            return SleepUntil(in world, _since);
        }

        NoteReturn(in world, now, last, runnableSince);
        for (int i = 0; i < MostAtOnce; i++)
        {
            ScenarioOperation* operation = world.Operation(_position);
            if (operation->Kind == ScenarioOperationKind.End)
            {
                return Stop(in world, now);
            }

            if (Perform(in world, operation, now, last, out ScenarioStep step))
            {
                bool calls = step.Kind is ScenarioStepKind.Call or ScenarioStepKind.Fork;
                _absence = calls && _absence == Absence.None ? Absence.Calling : _absence;
                return step;
            }
        }

        _absence = Absence.Calling;
        return ScenarioStep.Call(SystemCall.Nop);
    }

    /// <summary>Notes a figure of the kernel's ledger of it, at its end.</summary>
    public void NoteLedger(in ScenarioWorld world, ScenarioLedger which, ulong value) =>
        Add(in world, new ScenarioEvent(ScenarioEventKind.Ledger, (long)which, (long)value));

    /// <summary>It goes on computing after it lost the CPU: notes it.</summary>
    /// <param name="world">The scenario.</param>
    /// <param name="now">The instant.</param>
    /// <param name="runnableSince">Since when it could run.</param>
    public void NoteLostCpu(in ScenarioWorld world, long now, long runnableSince)
    {
        if (now < world.End)
        {
            Note(in world, ScenarioEventKind.LostCpu, now, now - runnableSince);
        }
        else if (runnableSince < world.End)
        {
            Note(in world, ScenarioEventKind.StillWaiting, world.End, world.End - runnableSince);
        }
    }

    /// <summary>Notes a stretch of CPU time.</summary>
    public void NoteStretch(in ScenarioWorld world, ScenarioEvent stretch) => Add(in world, stretch);

    private ScenarioStep Stop(in ScenarioWorld world, long now)
    {
        Note(in world, ScenarioEventKind.End, now, 0);
        return ScenarioStep.Of(ScenarioStepKind.End);
    }

    private void NoteReturn(in ScenarioWorld world, long now, SystemResult last, long runnableSince)
    {
        switch (_absence)
        {
            case Absence.Starting:
                _began = now;
                Note(in world, ScenarioEventKind.Start, now, now - _since);
                break;
            case Absence.Sleeping:
                Note(in world, ScenarioEventKind.Woken, now, now - _since);
                break;
            case Absence.Parked when last.Error == Error.None:
                NoteBlock(in world);
                Note(in world, ScenarioEventKind.Woken, now, now - runnableSince);
                break;
            case Absence.Parked or Absence.Calling when runnableSince < now:
                Note(in world, ScenarioEventKind.LostCpu, now, now - runnableSince);
                break;
            default:
                break;
        }

        _absence = Absence.None;
    }

    // The scenario is over. What it waits for has not come, or it could have run and did not.
    private void NoteOpenWait(in ScenarioWorld world, SystemResult last, long runnableSince)
    {
        bool parked = _absence == Absence.Parked && last.Error != Error.ValueChanged;
        if (parked)
        {
            NoteLastBlock(in world);
        }

        long since = _absence switch
        {
            Absence.None => world.End,
            Absence.Starting or Absence.Sleeping => _since,
            _ => parked && last.Error != Error.None ? world.End : runnableSince,
        };
        if (since < world.End)
        {
            bool woken = parked || _absence == Absence.Sleeping;
            Note(
                in world, woken ? ScenarioEventKind.StillWaking : ScenarioEventKind.StillWaiting, world.End, world.End - since);
        }
    }

    private void NoteBlock(in ScenarioWorld world) =>
        Add(in world, ScenarioEvent.About(ScenarioEventKind.Blocked, _since - world.Begin, _parkedOn, _holder));

    // The mutex may have had several holders meanwhile: at the end, the last one counts.
    private void NoteLastBlock(in ScenarioWorld world)
    {
        if (_absence == Absence.Parked)
        {
            _holder = Volatile.Read(ref world.Resource(_parkedOn)->Holder);
            NoteBlock(in world);
        }
    }

    private void Note(in ScenarioWorld world, ScenarioEventKind kind, long now, long value) =>
        Add(in world, new ScenarioEvent(kind, now - world.Begin, value));

    private void Add(in ScenarioWorld world, ScenarioEvent note) => Log.Add(world.Notes, Number, Task, note);

    // True: the step is to be done first. False: the operation is over, at once.
    private bool Perform(
        in ScenarioWorld world, ScenarioOperation* operation, long now, SystemResult last, out ScenarioStep step)
    {
        step = default;
        switch (operation->Kind)
        {
            case ScenarioOperationKind.Run:
                step = ScenarioStep.Of(ScenarioStepKind.Compute, operation->Value);
                return Leave();
            case ScenarioOperationKind.Runtime:
                step = ScenarioStep.Of(ScenarioStepKind.ComputeUntil, (ulong)now + operation->Value);
                return Leave();
            case ScenarioOperationKind.Sleep:
                step = Sleep(in world, now + (long)operation->Value);
                return Leave();
            case ScenarioOperationKind.Timer:
            case ScenarioOperationKind.OwnTimer:
                return WaitForPeriod(in world, operation, now, out step);
            case ScenarioOperationKind.Yield:
                step = ScenarioStep.Call(SystemCall.Yield);
                return Leave();
            case ScenarioOperationKind.Fork:
                step = ScenarioStep.Of(ScenarioStepKind.Fork, operation->Extra);
                return Leave();
            case ScenarioOperationKind.Schedule:
                step = ScenarioStep.Call(
                    SystemCall.ThreadSchedule, BootHandle.Policy, Handle, operation->Extra, operation->Value);
                return Leave();
            case ScenarioOperationKind.Affinity:
                step = ScenarioStep.Call(SystemCall.ThreadSetAffinity, Handle, operation->Value);
                return Leave();
            case ScenarioOperationKind.Activation:
                Note(in world, ScenarioEventKind.Activation, now, 0);
                _position++;
                return false;
            case ScenarioOperationKind.Repeat:
                Repeat(operation);
                return false;
            default:
                return Synchronize(in world, operation, now, last, out step);
        }
    }

    // The next operation is the one after this, once the step is done.
    private bool Leave()
    {
        _position++;
        _stage = 0;
        return true;
    }

    private bool Done()
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
            _position = operation->Extra;
            return;
        }

        rounds = 0;
        _position++;
    }

    private ScenarioStep Sleep(in ScenarioWorld world, long due)
    {
        _absence = Absence.Sleeping;
        _since = due;
        return SleepUntil(in world, due);
    }

    private static ScenarioStep SleepUntil(in ScenarioWorld world, long due) =>
        ScenarioStep.Call(SystemCall.SleepUntil, (ulong)(due < world.End ? due : world.End));
}
