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

    private bool PerformSynchronization(
        in ScenarioContext world, ScenarioOperation* operation, long now, SystemResult last, out ScenarioStep step)
    {
        uint resource = operation->Resource;
        step = default;
        switch (operation->Kind)
        {
            case ScenarioOperationKind.Lock:
                return LockMutex(in world, resource, now, out step);
            case ScenarioOperationKind.Unlock:
                if (!HoldsMutex(in world, resource))
                {
                    return ReportViolation(in world, resource, now, ScenarioViolation.UnlockNotHeld, out step);
                }

                Advance();
                return UnlockMutex(in world, resource, out step);
            case ScenarioOperationKind.Wait:
                return WaitForCondition(in world, resource, operation->Operand, now, out step);
            case ScenarioOperationKind.Signal:
                AtomicWord.Increment(ref world.Resource(resource)->ParkWord);
                step = Unpark(in world, resource, 1);
                return AdvanceAfterStep();
            case ScenarioOperationKind.Broadcast:
                return Broadcast(in world, resource, last, out step);
            case ScenarioOperationKind.Barrier:
                return WaitAtBarrier(in world, resource, operation->Operand, now, last, out step);
            case ScenarioOperationKind.SemaphorePost:
                return PostSemaphore(in world, resource, out step);
            case ScenarioOperationKind.SemaphoreWait:
                return WaitForSemaphore(in world, resource, now, out step);
            default:
                return Advance();
        }
    }

    private bool LockMutex(in ScenarioContext world, uint mutex, long now, out ScenarioStep step)
    {
        ScenarioResource* shared = world.Resource(mutex);
        step = default;

        // A thread that had to wait leaves it marked contended, since it cannot know whether it was the last to wait.
        bool free = _stage != LockingAgain && Interlocked.CompareExchange(ref shared->ParkWord, Held, Free) == Free;
        if (free || Interlocked.Exchange(ref shared->ParkWord, Contended) == Free)
        {
            Volatile.Write(ref shared->Holder, Number + 1ul);
            return Advance();
        }

        _stage = LockingAgain;
        step = Park(in world, mutex, (uint)Contended, now);
        return true;
    }

    private static bool UnlockMutex(in ScenarioContext world, uint mutex, out ScenarioStep step)
    {
        ScenarioResource* shared = world.Resource(mutex);
        step = default;
        Volatile.Write(ref shared->Holder, 0);
        if (Interlocked.Exchange(ref shared->ParkWord, Free) != Contended)
        {
            return false;
        }

        step = Unpark(in world, mutex, 1);
        return true;
    }

    private readonly bool HoldsMutex(in ScenarioContext world, uint mutex) =>
        Volatile.Read(ref world.Resource(mutex)->Holder) == Number + 1ul;

    // What POSIX leaves undefined is an error here: everything stops.
    private bool ReportViolation(in ScenarioContext world, uint mutex, long now, ScenarioViolation violation, out ScenarioStep step)
    {
        ulong holder = Volatile.Read(ref world.Resource(mutex)->Holder);
        AddEvent(in world, ScenarioEvent.ForResource(ScenarioEventKind.Violation, now - world.Begin, mutex, holder, violation));
        Volatile.Write(ref *world.Stopped, 1);
        step = Stop(in world, now);
        return true;
    }

    private bool WaitForCondition(in ScenarioContext world, uint condition, uint mutex, long now, out ScenarioStep step)
    {
        step = default;
        if (_stage == Entering)
        {
            if (!HoldsMutex(in world, mutex))
            {
                return ReportViolation(in world, mutex, now, ScenarioViolation.WaitNotHeld, out step);
            }

            // Read before the mutex is given back: a signal from then on changes it.
            _seenWord = (uint)Volatile.Read(ref world.Resource(condition)->ParkWord);
            _stage = Waiting;
            if (UnlockMutex(in world, mutex, out step))
            {
                return true;
            }
        }

        if (_stage == Waiting)
        {
            if ((uint)Volatile.Read(ref world.Resource(condition)->ParkWord) == _seenWord)
            {
                step = Park(in world, condition, _seenWord, now);
                return true;
            }

            _stage = Locking;
        }

        return LockMutex(in world, mutex, now, out step);
    }

    private bool Broadcast(in ScenarioContext world, uint resource, SystemResult last, out ScenarioStep step)
    {
        step = default;
        if (_stage == Waking && last.Value < CallLimits.MaxUnpark)
        {
            return Advance();
        }

        if (_stage != Waking)
        {
            AtomicWord.Increment(ref world.Resource(resource)->ParkWord);
        }

        _stage = Waking;
        step = Unpark(in world, resource, CallLimits.MaxUnpark);
        return true;
    }

    private bool WaitAtBarrier(
        in ScenarioContext world, uint barrier, uint size, long now, SystemResult last, out ScenarioStep step)
    {
        step = default;
        ScenarioResource* shared = world.Resource(barrier);
        if (_stage == Entering)
        {
            _seenWord = (uint)Volatile.Read(ref shared->ParkWord);
            _stage = Waiting;
            if (AtomicWord.Increment(ref shared->Arrived) == size)
            {
                Volatile.Write(ref shared->Arrived, 0);
                return Broadcast(in world, barrier, last, out step);
            }
        }

        if (_stage == Waking)
        {
            return Broadcast(in world, barrier, last, out step);
        }

        if ((uint)Volatile.Read(ref shared->ParkWord) != _seenWord)
        {
            return Advance();
        }

        step = Park(in world, barrier, _seenWord, now);
        return true;
    }

    // A waiter counts itself before it parks, and parks only while the count is 0: so either this sees it, or it sees this.
    private bool PostSemaphore(in ScenarioContext world, uint semaphore, out ScenarioStep step)
    {
        ScenarioResource* shared = world.Resource(semaphore);
        AtomicWord.Increment(ref shared->ParkWord);
        step = default;
        if (Volatile.Read(ref shared->Arrived) == 0)
        {
            return Advance();
        }

        step = Unpark(in world, semaphore, 1);
        return AdvanceAfterStep();
    }

    private bool WaitForSemaphore(in ScenarioContext world, uint semaphore, long now, out ScenarioStep step)
    {
        ScenarioResource* shared = world.Resource(semaphore);
        step = default;
        if (AtomicWord.TryDecrement(ref shared->ParkWord))
        {
            if (_stage == Waiting)
            {
                AtomicWord.TryDecrement(ref shared->Arrived);
            }

            return Advance();
        }

        if (_stage == Entering)
        {
            _stage = Waiting;
            AtomicWord.Increment(ref shared->Arrived);
        }

        step = Park(in world, semaphore, 0, now);
        return true;
    }

    private bool WaitForPeriod(in ScenarioContext world, ScenarioOperation* operation, long now, out ScenarioStep step)
    {
        step = default;
        bool own = operation->Kind == ScenarioOperationKind.OwnTimer;
        long before = own ? _timers[operation->Resource] : (long)world.Resource(operation->Resource)->Due;
        long due = (before == 0 ? _startedAt : before) + (long)operation->Value;
        bool missed = now >= due;
        Record(in world, ScenarioEventKind.Slack, now, due - now);
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
            return Advance();
        }

        step = Sleep(in world, due);
        return AdvanceAfterStep();
    }

    private ScenarioStep Park(in ScenarioContext world, uint resource, uint expected, long now)
    {
        _wait = WaitKind.Parked;
        _waitSince = now;
        _parkedOn = resource;
        _holder = Volatile.Read(ref world.Resource(resource)->Holder);
        ulong deadline = world.End == long.MaxValue ? 0 : (ulong)world.End;
        return ScenarioStep.Call(SystemCall.Park, world.AddressOf(resource), expected, deadline);
    }

    private static ScenarioStep Unpark(in ScenarioContext world, uint resource, ulong most) =>
        ScenarioStep.Call(SystemCall.Unpark, world.AddressOf(resource), most);
}
