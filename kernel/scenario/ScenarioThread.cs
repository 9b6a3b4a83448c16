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

    private const ulong NoResource = ulong.MaxValue;

    private enum Absence : uint
    {
        None,
        Starting,
        Sleeping,
        Parked,
        Yielding,
    }

    /// <summary>Its task.</summary>
    public uint Task;

    /// <summary>Its handle in the process.</summary>
    public ulong Handle;

    /// <summary>What it notes down.</summary>
    public ScenarioLog Log;

    private uint _position;
    private uint _stage;
    private Absence _absence;
    private long _since;
    private long _began;
    private ulong _parkedOn;
    private uint _seen;
    private fixed ulong _rounds[(int)ScenarioLimits.LoopLevels];
    private fixed long _timers[(int)ScenarioLimits.OwnTimers];

    /// <summary>Makes it a thread of a task that begins at an instant, apart from the task's delay.</summary>
    public void Prepare(in ScenarioWorld world, uint task, ulong handle, long begin)
    {
        Task = task;
        Handle = handle;
        _position = world.Task(task)->FirstOperation;
        _stage = 0;
        _absence = Absence.Starting;
        _since = begin + (long)world.Task(task)->DelayNs;
        _parkedOn = NoResource;
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
    public ScenarioStep Next(in ScenarioWorld world, long now, SystemResult last)
    {
        if (_absence == Absence.Starting && now < _since && now < world.End)
        {
            return SleepUntil(in world, _since);
        }

        if (now >= world.End)
        {
            return Stop(in world, world.End);
        }

        NoteReturn(in world, now, last);
        for (int i = 0; i < MostAtOnce; i++)
        {
            ScenarioOperation* operation = world.Operation(_position);
            if (operation->Kind == ScenarioOperationKind.End)
            {
                return Stop(in world, now);
            }

            if (Perform(in world, operation, now, last, out ScenarioStep step))
            {
                return step;
            }
        }

        return ScenarioStep.Call(SystemCall.Nop);
    }

    private ScenarioStep Stop(in ScenarioWorld world, long now)
    {
        Note(in world, ScenarioEventKind.End, now, 0);
        return ScenarioStep.Of(ScenarioStepKind.End);
    }

    private void NoteReturn(in ScenarioWorld world, long now, SystemResult last)
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
            case Absence.Yielding:
                Note(in world, ScenarioEventKind.Yielded, now, now - _since);
                break;
            case Absence.Parked when last.Error == Error.None:
                Note(in world, ScenarioEventKind.Woken, now, now - (long)world.Resources[_parkedOn].WokenAt);
                break;
            default:
                break;
        }

        _absence = Absence.None;
    }

    private void Note(in ScenarioWorld world, ScenarioEventKind kind, long now, long value) =>
        Log.Add(new ScenarioEvent(kind, now - world.Begin, value));

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
                _absence = Absence.Yielding;
                _since = now;
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
