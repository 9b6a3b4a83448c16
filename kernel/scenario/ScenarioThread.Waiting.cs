using System.Threading;
using Lachesis.Abi;

namespace Lachesis.Scenarios;

/// <summary>Timers, mutexes, conditions and barriers, over sleeping and parking.</summary>
public unsafe partial struct ScenarioThread
{
    private const ulong Free = 0;
    private const ulong Held = 1;
    private const ulong Contended = 2;

    // Stages of operations in several steps.
    private const uint Entering = 0;
    private const uint Waiting = 1;
    private const uint Waking = 2;
    private const uint Locking = 3;
    private const uint LockingAgain = 4;

    private bool Synchronize(
        in ScenarioWorld world, ScenarioOperation* operation, long now, SystemResult last, out ScenarioStep step)
    {
        uint resource = operation->Resource;
        step = default;
        switch (operation->Kind)
        {
            case ScenarioOperationKind.Lock:
                return TakeMutex(in world, resource, out step);
            case ScenarioOperationKind.Unlock:
                Done();
                return GiveMutex(in world, resource, now, out step);
            case ScenarioOperationKind.Wait:
                return WaitForCondition(in world, resource, operation->Extra, now, out step);
            case ScenarioOperationKind.Signal:
                Bump(ref world.Resources[resource].Word);
                step = Unpark(in world, resource, now, 1);
                return Leave();
            case ScenarioOperationKind.Broadcast:
                return Broadcast(in world, resource, now, last, out step);
            case ScenarioOperationKind.Barrier:
                return MeetOthers(in world, resource, operation->Extra, now, last, out step);
            default:
                return Done();
        }
    }

    private bool TakeMutex(in ScenarioWorld world, uint mutex, out ScenarioStep step)
    {
        ref ulong word = ref world.Resources[mutex].Word;
        step = default;
        if (_stage != LockingAgain && Interlocked.CompareExchange(ref word, Held, Free) == Free)
        {
            return Done();
        }

        // Whoever had to wait leaves it marked contended, since it cannot know whether it was the last to wait.
        if (Interlocked.Exchange(ref word, Contended) == Free)
        {
            return Done();
        }

        _stage = LockingAgain;
        step = Park(in world, mutex, (uint)Contended);
        return true;
    }

    private static bool GiveMutex(in ScenarioWorld world, uint mutex, long now, out ScenarioStep step)
    {
        step = default;
        if (Interlocked.Exchange(ref world.Resources[mutex].Word, Free) != Contended)
        {
            return false;
        }

        step = Unpark(in world, mutex, now, 1);
        return true;
    }

    private bool WaitForCondition(in ScenarioWorld world, uint condition, uint mutex, long now, out ScenarioStep step)
    {
        step = default;
        if (_stage == Entering)
        {
            // Read before the mutex is given back: a signal from then on changes it.
            _seen = (uint)Volatile.Read(ref world.Resources[condition].Word);
            _stage = Waiting;
            if (GiveMutex(in world, mutex, now, out step))
            {
                return true;
            }
        }

        if (_stage == Waiting)
        {
            if ((uint)Volatile.Read(ref world.Resources[condition].Word) == _seen)
            {
                step = Park(in world, condition, _seen);
                return true;
            }

            _stage = Locking;
        }

        return TakeMutex(in world, mutex, out step);
    }

    private bool Broadcast(in ScenarioWorld world, uint resource, long now, SystemResult last, out ScenarioStep step)
    {
        step = default;
        if (_stage == Waking && last.Value < CallLimits.MaxUnpark)
        {
            return Done();
        }

        if (_stage != Waking)
        {
            Bump(ref world.Resources[resource].Word);
        }

        _stage = Waking;
        step = Unpark(in world, resource, now, CallLimits.MaxUnpark);
        return true;
    }

    private bool MeetOthers(
        in ScenarioWorld world, uint barrier, uint size, long now, SystemResult last, out ScenarioStep step)
    {
        step = default;
        ref ScenarioResource shared = ref world.Resources[barrier];
        if (_stage == Entering)
        {
            _seen = (uint)Volatile.Read(ref shared.Word);
            _stage = Waiting;
            if (Bump(ref shared.Arrived) == size)
            {
                Volatile.Write(ref shared.Arrived, 0);
                return Broadcast(in world, barrier, now, last, out step);
            }
        }

        if (_stage == Waking)
        {
            return Broadcast(in world, barrier, now, last, out step);
        }

        if ((uint)Volatile.Read(ref shared.Word) != _seen)
        {
            return Done();
        }

        step = Park(in world, barrier, _seen);
        return true;
    }

    private bool WaitForPeriod(in ScenarioWorld world, ScenarioOperation* operation, long now, out ScenarioStep step)
    {
        step = default;
        bool own = operation->Kind == ScenarioOperationKind.OwnTimer;
        long before = own ? _timers[operation->Resource] : (long)world.Resources[operation->Resource].Due;
        long due = (before == 0 ? _began : before) + (long)operation->Value;
        bool missed = now >= due;
        Note(in world, ScenarioEventKind.Slack, now, due - now);
        long kept = missed && (operation->Flags & ScenarioOperation.Relative) != 0 ? now : due;
        if (own)
        {
            _timers[operation->Resource] = kept;
        }
        else
        {
            world.Resources[operation->Resource].Due = (ulong)kept;
        }

        if (missed)
        {
            return Done();
        }

        step = Sleep(in world, due);
        return Leave();
    }

    private ScenarioStep Park(in ScenarioWorld world, uint resource, uint expected)
    {
        _absence = Absence.Parked;
        _parkedOn = resource;
        ulong deadline = world.End == long.MaxValue ? 0 : (ulong)world.End;
        return ScenarioStep.Call(SystemCall.Park, AddressOf(in world, resource), expected, deadline);
    }

    private static ScenarioStep Unpark(in ScenarioWorld world, uint resource, long now, ulong most)
    {
        Volatile.Write(ref world.Resources[resource].WokenAt, (ulong)now);
        return ScenarioStep.Call(SystemCall.Unpark, AddressOf(in world, resource), most);
    }

    private static ulong AddressOf(in ScenarioWorld world, uint resource) =>
        world.ResourcesAddress + (resource * (ulong)sizeof(ScenarioResource));

    // One more, below 2^32: what is parked on has 32 bits.
    private static uint Bump(ref ulong word)
    {
        while (true)
        {
            ulong before = Volatile.Read(ref word);
            ulong after = (before + 1) & uint.MaxValue;
            if (Interlocked.CompareExchange(ref word, after, before) == before)
            {
                return (uint)after;
            }
        }
    }
}
