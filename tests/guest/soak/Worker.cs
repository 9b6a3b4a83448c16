using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Soak;

/// <summary>One of the threads that do things at random.</summary>
internal unsafe struct Worker
{
    private const int PatternWords = 64;

    /// <summary>Operations done.</summary>
    internal ulong Steps;

    /// <summary>The one that it is at.</summary>
    internal ulong Operation;

    // What the watcher saw last: its own operations, and those of all when they became so many.
    private ulong _seenSteps;
    private ulong _allThen;
    private SoakState* _world;
    private Random _random;
    private ChildThreads _children;
    private ulong _seed;
    private fixed ulong _pattern[PatternWords];

    /// <summary>Prepares it, with all the memory that it will need.</summary>
    internal void SetUp(SoakState* world, ulong seed)
    {
        _world = world;
        _random = new Random(seed);
        _seed = seed;
        _children.SetUp();
        for (int i = 0; i < PatternWords; i++)
        {
            _pattern[i] = seed ^ (ulong)i;
        }
    }

    /// <summary>Whether all workers together have done so many operations since this one did its last. For the watcher alone.</summary>
    /// <param name="all">Operations of all workers by now.</param>
    /// <param name="most">How many of them are too many.</param>
    internal bool IsStuck(ulong all, ulong most)
    {
        ulong steps = Volatile.Read(ref Steps);
        if (steps != _seenSteps)
        {
            _seenSteps = steps;
            _allThen = all;
        }

        return all - _allThen > most;
    }

    /// <summary>The thread's function.</summary>
    internal static ulong Work(ulong argument)
    {
        Worker* worker = (Worker*)argument;
        while (Volatile.Read(ref worker->_world->Stop) == 0)
        {
            worker->Step();
            Volatile.Write(ref worker->Steps, worker->Steps + 1);
        }

        worker->_children.JoinAll(worker->_world);
        return 0;
    }

    private void Step()
    {
        Operation = _random.Below(100);
        switch (Operation)
        {
            case < 25:
                _children.Step(_world, ref _random);
                break;
            case < 45:
                Park();
                break;
            case < 65:
                Unpark();
                break;
            case < 72:
                Sleep();
                break;
            case < 80:
                Sys.Yield();
                break;
            case < 88:
                CountUp();
                break;
            case < 93:
                Probe();
                break;
            case < 96:
                ChildProcess.Step(_world, ref _random);
                break;
            case < 98:
                ChangeScheduling();
                break;
            default:
                CheckPattern();
                break;
        }
    }

    private void Park()
    {
        long deadline = Clock.Now() + (long)_random.Below(300_000);
        Error error = Parking.Park(ref _world->Word[_random.Below(SoakState.Words)], 0, deadline);
        switch (error)
        {
            case Error.None:
                SoakState.Count(ref _world->WaitsWoken);
                break;
            case Error.TimedOut when Clock.Now() < deadline:
                SoakState.Count(ref _world->EarlyWake);
                break;
            case Error.TimedOut:
                break;
            default:
                SoakState.Count(ref _world->WrongWait);
                break;
        }
    }

    private void Unpark()
    {
        uint* word = (uint*)&_world->Word[_random.Below(SoakState.Words)];
        ulong woken = _random.Below(4) == 0 ? Sys.UnparkSwitch(word) : Sys.Unpark(word, _random.Below(5));
        Interlocked.ExchangeAdd(ref _world->UnparksWoke, woken);
    }

    // Policies, rules and parameters, at any moment, of any CPU and of the main thread, which wakes every so often.
    private void ChangeScheduling()
    {
        switch (_random.Below(4))
        {
            case 0:
                SchedulingPolicy policy = (SchedulingPolicy)_random.Below((ulong)SchedulingPolicy.Count);
                Sys.PolicySet(BootHandle.Policy, 1 + _random.Below((1ul << (int)Program.Cpus) - 1), policy);
                break;
            case 1:
                Sys.FairFeaturesSet(BootHandle.Policy, (FairFeatures)_random.Below((ulong)FairFeatures.All + 1));
                break;
            default:
                SchedulingParameter parameter = (SchedulingParameter)_random.Below((ulong)SchedulingParameter.Count);
                ulong value = parameter switch
                {
                    SchedulingParameter.Weight => 1 + _random.Below(3000),
                    SchedulingParameter.Priority => SchedulingLimits.DefaultPriority + _random.Below(2),
                    _ => SchedulingLimits.MinSliceNs + _random.Below(1_000_000),
                };
                Sys.ThreadSetScheduling(BootHandle.Policy, BootHandle.MainThread, parameter, value);
                break;
        }
    }

    private void Sleep()
    {
        long until = Clock.Now() + (long)_random.Below(400_000);
        Sys.SleepUntil(until);
        if (Clock.Now() < until)
        {
            SoakState.Count(ref _world->EarlyWake);
        }
    }

    private void CountUp()
    {
        _world->Mutex.Lock();
        ulong before = Volatile.Read(ref _world->Guarded);
        if (_random.Below(8) == 0)
        {
            Sys.Yield();
        }

        Volatile.Write(ref _world->Guarded, before + 1);
        _world->Mutex.Unlock();
        SoakState.Count(ref _world->GuardedExpected);
    }

    private void Probe()
    {
        if (Stubs.VectorProbe(_random.Next(), 1 + _random.Below(300_000)) != 0)
        {
            SoakState.Count(ref _world->ChangedRegister);
        }
    }

    private void CheckPattern()
    {
        bool same = true;
        for (int i = 0; i < PatternWords; i++)
        {
            same &= _pattern[i] == (_seed ^ (ulong)i);
        }

        if (!same)
        {
            SoakState.Count(ref _world->ChangedMemory);
        }
    }
}
