using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Soak;

/// <summary>Threads that a worker makes, moves about, and joins.</summary>
internal unsafe struct ChildThreads
{
    private const int Most = 4;
    private const ulong StackBytes = 4096;
    private const ulong CodeBase = 0xC0DE_0000;

    /// <summary>One of them.</summary>
    private struct Child
    {
        internal UserThread Thread;
        internal ulong StackTop;
        internal ulong Alive;
        internal ulong Pinned;
        internal ulong Seed;
        internal SoakState* World;
        internal ulong ExpectedCode;
    }

    private Child* _children;

    /// <summary>Maps what they need.</summary>
    internal void SetUp()
    {
        _children = (Child*)Memory.Map(Most * (ulong)sizeof(Child));
        for (int i = 0; i < Most; i++)
        {
            _children[i].StackTop = (ulong)Memory.Map(StackBytes) + StackBytes;
        }
    }

    /// <summary>Makes one of them, or moves or joins it if it is there.</summary>
    internal void Step(SoakState* world, ref Random random)
    {
        Child* child = &_children[random.Below(Most)];
        if (child->Alive == 0)
        {
            Start(child, world, ref random);
        }
        else if (child->Pinned == 0 && random.Below(2) == 0)
        {
            Sys.ThreadSetAffinity(child->Thread.Handle, random.Next() | 1ul << (int)random.Below(Program.Cpus));
        }
        else if (random.Below(8) == 0)
        {
            Sys.ThreadRuntime(child->Thread.Handle);
        }
        else
        {
            Join(child, world);
        }
    }

    /// <summary>Joins all that are there.</summary>
    internal void JoinAll(SoakState* world)
    {
        for (int i = 0; i < Most; i++)
        {
            if (_children[i].Alive != 0)
            {
                Join(&_children[i], world);
            }
        }
    }

    private static void Start(Child* child, SoakState* world, ref Random random)
    {
        child->World = world;
        child->Seed = random.Next();
        child->Pinned = random.Below(3) == 0 ? 1ul + random.Below(Program.Cpus) : 0;
        bool faults = random.Below(1000) == 0;
        child->ExpectedCode = faults ? FaultExitCode.For(6) : CodeBase + (child->Seed & 0xFFFF);
        Error error = UserThread.Create(&child->Thread, faults ? &Fault : &RunRole, (ulong)child, child->StackTop);
        if (error == Error.None && child->Pinned != 0)
        {
            error = Sys.ThreadSetAffinity(child->Thread.Handle, 1ul << (int)(child->Pinned - 1));
        }

        if (error == Error.None)
        {
            error = Sys.ThreadStart(child->Thread.Handle);
        }

        if (error != Error.None)
        {
            SoakState.Count(ref world->Refused);
            return;
        }

        child->Alive = 1;
        SoakState.Count(ref world->ThreadsMade);
    }

    private static void Join(Child* child, SoakState* world)
    {
        SystemResult ended = Sys.ThreadJoin(child->Thread.Handle);
        bool closed = Sys.CapabilityDelete(child->Thread.Handle) == Error.None;
        bool stale = Sys.ThreadJoin(child->Thread.Handle).Error == Error.StaleHandle;
        child->Alive = 0;
        if (ended.Error != Error.None || ended.Value != child->ExpectedCode || !closed || !stale)
        {
            SoakState.Count(ref world->WrongCode);
        }
    }

    private static ulong Fault(ulong unused)
    {
        Stubs.UndefinedInstruction();
        return 0;
    }

    // What a child does: a few things, each of which may put it onto another CPU.
    private static ulong RunRole(ulong argument)
    {
        Child* own = (Child*)argument;
        Random random = new(own->Seed);
        for (ulong i = random.Below(6); i > 0; i--)
        {
            switch (random.Below(5))
            {
                case 0:
                    Sys.Yield();
                    break;
                case 1:
                    Sys.SleepUntil(Clock.Now() + (long)random.Below(200_000));
                    break;
                case 2:
                    ParkFor(own->World, (long)random.Below(200_000), random.Below(SoakState.Words));
                    break;
                case 3:
                    if (Stubs.VectorProbe(own->Seed, 1 + random.Below(100_000)) != 0)
                    {
                        SoakState.Count(ref own->World->ChangedRegister);
                    }

                    break;
                default:
                    if (own->Pinned != 0 && Sys.CurrentCpu() != own->Pinned - 1)
                    {
                        SoakState.Count(ref own->World->WrongCpu);
                    }

                    break;
            }
        }

        return CodeBase + (own->Seed & 0xFFFF);
    }

    private static void ParkFor(SoakState* world, long nanoseconds, ulong word)
    {
        if (Parking.Park(ref world->Word[word], 0, Clock.Now() + nanoseconds) == Error.None)
        {
            SoakState.Count(ref world->WaitsWoken);
        }
    }
}
