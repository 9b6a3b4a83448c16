using System.Threading;
using Lachesis.Abi;

namespace Lachesis.Scenarios;

/// <summary>Timers, mutexes, conditions, barriers and semaphores, over sleeping and parking.</summary>
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
                return TakeMutex(in world, resource, now, out step);
            case ScenarioOperationKind.Unlock:
                if (!Holds(in world, resource))
                {
                    return Violate(in world, resource, now, ScenarioViolation.UnlockNotHeld, out step);
                }

                Done();
                return GiveMutex(in world, resource, out step);
            case ScenarioOperationKind.Wait:
                return WaitForCondition(in world, resource, operation->Extra, now, out step);
            case ScenarioOperationKind.Signal:
                ScenarioCounter.Bump(ref world.Resource(resource)->Word);
                step = Unpark(in world, resource, 1);
                return Leave();
            case ScenarioOperationKind.Broadcast:
                return Broadcast(in world, resource, last, out step);
            case ScenarioOperationKind.Barrier:
                return MeetOthers(in world, resource, operation->Extra, now, last, out step);
            case ScenarioOperationKind.SemaphorePost:
                return Post(in world, resource, out step);
            case ScenarioOperationKind.SemaphoreWait:
                return WaitForPost(in world, resource, now, out step);
            default:
                return Done();
        }
    }

    private bool TakeMutex(in ScenarioWorld world, uint mutex, long now, out ScenarioStep step)
    {
        ScenarioResource* shared = world.Resource(mutex);
        step = default;

        // A thread that had to wait leaves it marked contended, since it cannot know whether it was the last to wait.
        bool free = _stage != LockingAgain && Interlocked.CompareExchange(ref shared->Word, Held, Free) == Free;
        if (free || Interlocked.Exchange(ref shared->Word, Contended) == Free)
        {
            Volatile.Write(ref shared->Holder, Number + 1ul);
            return Done();
        }

        _stage = LockingAgain;
        step = Park(in world, mutex, (uint)Contended, now);
        return true;
    }

    private static bool GiveMutex(in ScenarioWorld world, uint mutex, out ScenarioStep step)
    {
        ScenarioResource* shared = world.Resource(mutex);
        step = default;
        Volatile.Write(ref shared->Holder, 0);
        if (Interlocked.Exchange(ref shared->Word, Free) != Contended)
        {
            return false;
        }

        step = Unpark(in world, mutex, 1);
        return true;
    }

    private readonly bool Holds(in ScenarioWorld world, uint mutex) =>
        Volatile.Read(ref world.Resource(mutex)->Holder) == Number + 1ul;

    // What POSIX leaves undefined is an error here: everything stops.
    private bool Violate(in ScenarioWorld world, uint mutex, long now, ScenarioViolation violation, out ScenarioStep step)
    {
        ulong holder = Volatile.Read(ref world.Resource(mutex)->Holder);
        Add(in world, ScenarioEvent.About(ScenarioEventKind.Violation, now - world.Begin, mutex, holder, violation));
        Volatile.Write(ref *world.Stopped, 1);
        step = Stop(in world, now);
        return true;
    }

    private bool WaitForCondition(in ScenarioWorld world, uint condition, uint mutex, long now, out ScenarioStep step)
    {
        step = default;
        if (_stage == Entering)
        {
            if (!Holds(in world, mutex))
            {
                return Violate(in world, mutex, now, ScenarioViolation.WaitNotHeld, out step);
            }

            // Read before the mutex is given back: a signal from then on changes it.
            _seen = (uint)Volatile.Read(ref world.Resource(condition)->Word);
            _stage = Waiting;
            if (GiveMutex(in world, mutex, out step))
            {
                return true;
            }
        }

        if (_stage == Waiting)
        {
            if ((uint)Volatile.Read(ref world.Resource(condition)->Word) == _seen)
            {
                step = Park(in world, condition, _seen, now);
                return true;
            }

            _stage = Locking;
        }

        return TakeMutex(in world, mutex, now, out step);
    }

    private bool Broadcast(in ScenarioWorld world, uint resource, SystemResult last, out ScenarioStep step)
    {
        step = default;
        if (_stage == Waking && last.Value < CallLimits.MaxUnpark)
        {
            return Done();
        }

        if (_stage != Waking)
        {
            ScenarioCounter.Bump(ref world.Resource(resource)->Word);
        }

        _stage = Waking;
        step = Unpark(in world, resource, CallLimits.MaxUnpark);
        return true;
    }

    private bool MeetOthers(
        in ScenarioWorld world, uint barrier, uint size, long now, SystemResult last, out ScenarioStep step)
    {
        step = default;
        ScenarioResource* shared = world.Resource(barrier);
        if (_stage == Entering)
        {
            _seen = (uint)Volatile.Read(ref shared->Word);
            _stage = Waiting;
            if (ScenarioCounter.Bump(ref shared->Arrived) == size)
            {
                Volatile.Write(ref shared->Arrived, 0);
                return Broadcast(in world, barrier, last, out step);
            }
        }

        if (_stage == Waking)
        {
            return Broadcast(in world, barrier, last, out step);
        }

        if ((uint)Volatile.Read(ref shared->Word) != _seen)
        {
            return Done();
        }

        step = Park(in world, barrier, _seen, now);
        return true;
    }

    // A waiter counts itself before it parks, and parks only while the count is 0: so either this sees it, or it sees this.
    private bool Post(in ScenarioWorld world, uint semaphore, out ScenarioStep step)
    {
        ScenarioResource* shared = world.Resource(semaphore);
        ScenarioCounter.Bump(ref shared->Word);
        step = default;
        if (Volatile.Read(ref shared->Arrived) == 0)
        {
            return Done();
        }

        step = Unpark(in world, semaphore, 1);
        return Leave();
    }

    private bool WaitForPost(in ScenarioWorld world, uint semaphore, long now, out ScenarioStep step)
    {
        ScenarioResource* shared = world.Resource(semaphore);
        step = default;
        if (ScenarioCounter.TryTake(ref shared->Word))
        {
            if (_stage == Waiting)
            {
                ScenarioCounter.TryTake(ref shared->Arrived);
            }

            return Done();
        }

        if (_stage == Entering)
        {
            _stage = Waiting;
            ScenarioCounter.Bump(ref shared->Arrived);
        }

        step = Park(in world, semaphore, 0, now);
        return true;
    }

    private bool WaitForPeriod(in ScenarioWorld world, ScenarioOperation* operation, long now, out ScenarioStep step)
    {
        step = default;
        bool own = operation->Kind == ScenarioOperationKind.OwnTimer;
        long before = own ? _timers[operation->Resource] : (long)world.Resource(operation->Resource)->Due;
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
            world.Resource(operation->Resource)->Due = (ulong)kept;
        }

        if (missed)
        {
            return Done();
        }

        step = Sleep(in world, due);
        return Leave();
    }

    private ScenarioStep Park(in ScenarioWorld world, uint resource, uint expected, long now)
    {
        _absence = Absence.Parked;
        _since = now;
        _parkedOn = resource;
        _holder = Volatile.Read(ref world.Resource(resource)->Holder);
        ulong deadline = world.End == long.MaxValue ? 0 : (ulong)world.End;
        return ScenarioStep.Call(SystemCall.Park, world.AddressOf(resource), expected, deadline);
    }

    private static ScenarioStep Unpark(in ScenarioWorld world, uint resource, ulong most) =>
        ScenarioStep.Call(SystemCall.Unpark, world.AddressOf(resource), most);
}
