using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Check;

namespace Lachesis.Simulator;

/// <summary>How the CPUs of a run take turns.</summary>
internal enum Strategy
{
    /// <summary><see cref="RandomSchedule"/>.</summary>
    Random,

    /// <summary><see cref="PctSchedule"/>.</summary>
    Pct,

    /// <summary>All schedules of a small case with few decisions (<see cref="ExhaustiveSchedule"/>).</summary>
    Exhaustive,
}

/// <summary>
/// All that decides a run, but for its schedule: drawn from a seed, so that each seed picks its own mix of operations, CPUs,
/// strategy and faults.
/// </summary>
internal sealed record Plan
{
    /// <summary>The most CPUs of a run.</summary>
    public const int MaxCpus = 4;

    private const int ExhaustiveOneIn = 200;
    private const int SwitchHeavyOneIn = 8;

    private static readonly Operation[] s_wakes =
    [
        Operation.Signal, Operation.Compute, Operation.Yield, Operation.Park, Operation.Unpark, Operation.UnparkSwitch,
        Operation.Sleep, Operation.SetAffinity, Operation.Runtime,
    ];

    private static readonly Operation[] s_lifecycles =
    [
        Operation.CreateAndStart, Operation.Compute, Operation.Yield, Operation.Create, Operation.Start, Operation.Join,
        Operation.Exit, Operation.Fault, Operation.Close, Operation.SetAffinity, Operation.Suspend, Operation.Resume,
        Operation.Kill,
    ];

    private static readonly Operation[] s_stops =
    [
        Operation.CreateAndStart, Operation.Compute, Operation.Yield, Operation.Park, Operation.Signal, Operation.UnparkSwitch,
        Operation.Sleep, Operation.SetAffinity, Operation.Suspend, Operation.Resume, Operation.Kill,
    ];

    private static readonly Operation[] s_capabilities =
    [
        Operation.Mint, Operation.Revoke, Operation.MoveCapability, Operation.Close, Operation.UseClosed,
        Operation.CreateAndStart, Operation.SpawnWith, Operation.EndProcess, Operation.Compute, Operation.Yield, Operation.Exit,
    ];

    private static readonly Operation[] s_messages =
    [
        Operation.CallEndpoint, Operation.Compute, Operation.Yield, Operation.Send, Operation.Receive, Operation.Reply,
        Operation.ReplyReceive, Operation.SignalBits, Operation.WaitBits, Operation.PollBits, Operation.Bind, Operation.Unbind,
        Operation.SetTimer, Operation.CancelTimer, Operation.BindTimer, Operation.SetBuffer, Operation.Close, Operation.Revoke,
        Operation.Mint, Operation.MoveCapability, Operation.CopyCapability, Operation.Suspend, Operation.Resume, Operation.Kill,
        Operation.CreateAndStart, Operation.SetParameter, Operation.SetAffinity, Operation.SetFaultHandler,
        Operation.FaultHandled,
    ];

    private static readonly Operation[] s_handlers =
    [
        Operation.FaultHandled, Operation.HandleFaultsOfGivenThreads, Operation.SpawnHandler, Operation.EndProcess, Operation.CreateAndStart,
        Operation.Receive, Operation.ReplyReceive, Operation.MakeObject, Operation.Compute, Operation.Yield, Operation.Close,
        Operation.Revoke,
    ];

    private static readonly Operation[] s_sessions =
    [
        Operation.SpawnIntoSession, Operation.CreateSession, Operation.EndSession, Operation.WaitSession,
        Operation.Mint, Operation.Revoke, Operation.CreateAndStart, Operation.EndProcess, Operation.Compute, Operation.Yield,
        Operation.Exit,
    ];

    private static readonly Operation[] s_rings =
    [
        Operation.EnterRing, Operation.FillRing, Operation.ReadRing, Operation.ScribbleRing, Operation.LoseRing,
        Operation.MakeRing, Operation.Compute, Operation.Yield, Operation.Park, Operation.Signal, Operation.UnparkSwitch,
        Operation.CallEndpoint, Operation.Send, Operation.ReplyReceive, Operation.SignalBits, Operation.WaitBits,
        Operation.SetTimer, Operation.BindTimer, Operation.Suspend, Operation.Resume, Operation.Kill, Operation.CreateAndStart,
        Operation.SetAffinity, Operation.SpawnWith, Operation.EndProcess, Operation.SetParameter, Operation.SetBuffer,
        Operation.Revoke,
    ];

    private static readonly Operation[] s_policies =
    [
        Operation.Signal, Operation.Compute, Operation.Yield, Operation.Park, Operation.UnparkSwitch, Operation.Sleep,
        Operation.SetPolicy, Operation.SetParameter, Operation.SetFeatures, Operation.GetPolicy, Operation.ReadLedger,
        Operation.SetAffinity,
    ];

    /// <summary>Weights of operations come in so many steps, so that some dominate and others are missing.</summary>
    private static readonly byte[] s_weights = [0, 1, 1, 4, 4, 16];

    /// <summary>Where everything comes from.</summary>
    public required long Seed { get; init; }

    /// <summary>The system.</summary>
    public required SystemShape Shape { get; init; }

    /// <summary>Whether CPUs take turns inside of the kernel; else its entries are atomic.</summary>
    public bool Interleaved { get; init; } = true;

    /// <summary>How the CPUs take turns.</summary>
    public Strategy Strategy { get; init; }

    /// <summary>The seeded bug.</summary>
    public SeededBug Bug { get; init; }

    /// <summary>Choice points until no program asks for anything more.</summary>
    public long Steps { get; init; } = 5000;

    /// <summary>Exhaustive: schedules to try, at most.</summary>
    public int MaxSchedules { get; init; } = 2000;

    /// <summary>Things that programs do until they ask for nothing more.</summary>
    public int MaxTurns { get; init; } = int.MaxValue;

    /// <summary>Random: another CPU goes on at one of so many points.</summary>
    public int SwitchOneIn { get; init; } = 16;

    /// <summary>PCT: points at which the running CPU falls below all others.</summary>
    public int ChangePoints { get; init; } = 3;

    /// <summary>Stores that a CPU's buffer holds; 0: they reach memory at once.</summary>
    public int BufferDepth { get; init; }

    /// <summary>A buffered store reaches memory at one of so many points; 0: only when something makes it.</summary>
    public int DrainOneIn { get; init; }

    /// <summary>A CPU stops at one of so many points; 0: none does.</summary>
    public int StopOneIn { get; init; }

    /// <summary>Points for which a CPU stops.</summary>
    public int StopSteps { get; init; }

    /// <summary>The most points for which an interrupt is on its way.</summary>
    public int InterruptDelay { get; init; }

    /// <summary>One of so many interrupts is delivered twice; 0: none.</summary>
    public int DuplicateOneIn { get; init; }

    /// <summary>By how much a timer may be late, in nanoseconds.</summary>
    public int TimerLatenessNs { get; init; }

    /// <summary>By how much the clocks of CPUs may differ, in nanoseconds.</summary>
    public int SkewNs { get; init; }

    /// <summary>Making or filling an address space fails once in so many times; 0: never.</summary>
    public int OutOfMemoryOneIn { get; init; }

    /// <summary>An access to user memory fails once in so many times; 0: never.</summary>
    public int UserFaultOneIn { get; init; }

    /// <summary>Of so many stretches of computing, one may last for longer than a slice.</summary>
    public int LongOneIn { get; init; } = 8;

    /// <summary>By how much the clock moves with every reading, in nanoseconds.</summary>
    public int ClockStepNs { get; init; } = 3;

    /// <summary>After so many entries at most, all CPUs leave the kernel and everything is checked.</summary>
    public int CheckEvery { get; init; } = 8;

    /// <summary>With atomic entries: everything is checked after one of so many, after the others what concerns scheduling.</summary>
    public int CheckAllEvery { get; init; } = 1;

    /// <summary>Threads that programs make, at most.</summary>
    public int MaxThreads { get; init; } = 8;

    /// <summary>How likely each <see cref="Operation"/> is, against the others, in words.</summary>
    public string Mix => string.Join(
        ", ", Enumerable.Range(0, Weights.Length).Where(i => Weights[i] != 0).Select(i => $"{(Operation)i} {Weights[i]}"));

    /// <summary>How likely each <see cref="Operation"/> is, against the others.</summary>
    internal byte[] Weights { get; init; } = [];

    /// <summary>What a seed picks.</summary>
    public static Plan Of(long seed, SeededBug bug = SeededBug.None)
    {
        SeededRandom dice = new(seed, 'P', 0);
        Plan plan = Large(seed, bug, ref dice);
        return dice.OneIn(ExhaustiveOneIn) ? Small(plan, ref dice)
            : dice.OneIn(SwitchHeavyOneIn) ? SwitchHeavy(plan, ref dice)
            : dice.OneIn(5) ? RingHeavy(plan, ref dice)
            : dice.OneIn(4) ? MessageHeavy(plan, ref dice)
            : dice.OneIn(4) ? DerivedCapabilities(plan, ref dice)
            : dice.OneIn(8) ? HandlersEnd(plan, ref dice)
            : dice.OneIn(3) ? BusyCpus(plan, s_policies, ref dice)
            : dice.OneIn(2) ? BusyCpus(plan, s_wakes, ref dice)
            : dice.OneIn(4) ? BusyCpus(plan, s_lifecycles, ref dice)
            : dice.OneIn(3) ? BusyCpus(plan, s_stops, ref dice)
            : plan;
    }

    /// <summary>The schedule that the plan asks for.</summary>
    public Schedule NewSchedule() => Strategy == Strategy.Random ? new RandomSchedule(this) : new PctSchedule(this);

    // More threads than CPUs and few kinds of operation, all of them short: all CPUs are busy most of the time, with each
    // other. Everything else takes hundreds of choice points in which no thread is woken.
    private static Plan BusyCpus(Plan large, Operation[] operations, ref SeededRandom dice)
    {
        byte[] weights = new byte[(int)Operation.Count];
        foreach (Operation operation in operations)
        {
            weights[(int)operation] = s_weights[dice.Below(s_weights.Length)];
        }

        weights[(int)Operation.Yield] |= 1;
        weights[(int)operations[0]] |= 4;
        BalanceSuspensions(weights);
        uint threads = (large.Shape.Cpus * 2) + (uint)dice.Below(6);
        return large with
        {
            Shape = large.Shape with { Threads = threads, Processes = 2, Pages = 40 },
            MaxThreads = 2 * (int)threads,
            OutOfMemoryOneIn = 0,
            Weights = weights,
        };
    }

    // Threads of one or two processes that meet at the same few endpoints and notifications.
    private static Plan MessageHeavy(Plan large, ref SeededRandom dice)
    {
        Plan plan = BusyCpus(large, s_messages, ref dice);
        byte[] weights = plan.Weights;
        weights[(int)Operation.ReplyReceive] |= 4;
        weights[(int)Operation.Receive] |= 2;
        weights[(int)Operation.SetBuffer] |= 1;
        weights[(int)Operation.SetFaultHandler] |= (byte)dice.OneOf(0, 1, 4);
        weights[(int)Operation.FaultHandled] |= (byte)dice.OneOf(0, 1, 4);
        weights[(int)Operation.MakeObject] = 1;
        weights[(int)Operation.CreateAndStart] |= 1;
        weights[(int)Operation.Close] &= 1;
        weights[(int)Operation.Revoke] &= 1;
        weights[(int)Operation.MoveCapability] &= 1;
        weights[(int)Operation.Kill] &= 1;
        weights[(int)Operation.SpawnWith] = (byte)dice.OneOf(0, 1);
        return plan with { Shape = plan.Shape with { Processes = 3, Pages = 90, Objects = (uint)dice.OneOf(3, 6) } };
    }

    // Threads whose handlers of faults end, while processes come in the same places, or do not for want of memory.
    private static Plan HandlersEnd(Plan large, ref SeededRandom dice)
    {
        Plan plan = BusyCpus(large, s_handlers, ref dice);
        byte[] weights = plan.Weights;
        weights[(int)Operation.FaultHandled] = 16;
        weights[(int)Operation.HandleFaultsOfGivenThreads] = 16;
        weights[(int)Operation.SpawnHandler] = 16;
        weights[(int)Operation.EndProcess] = 4;
        weights[(int)Operation.CreateAndStart] = 8;
        weights[(int)Operation.MakeObject] &= 1;
        weights[(int)Operation.Close] = 4;
        weights[(int)Operation.Revoke] &= 1;
        weights[(int)Operation.CallEndpoint] = 1;
        return plan with
        {
            Shape = plan.Shape with
            {
                Threads = plan.Shape.Threads + (uint)dice.OneOf(0, 1, 2, 6),
                Processes = 3,
                Pages = 140,
                Objects = (uint)dice.OneOf(3, 6),
            },
            MaxThreads = (int)plan.Shape.Threads,
            SwitchOneIn = dice.OneOf(3, 8, 20),
            OutOfMemoryOneIn = dice.OneOf(0, 6),
        };
    }

    // Threads of a few processes that fill, enter and read the same few rings, and end in the middle of it.
    private static Plan RingHeavy(Plan large, ref SeededRandom dice)
    {
        Plan plan = BusyCpus(large, s_rings, ref dice);
        byte[] weights = plan.Weights;
        weights[(int)Operation.EnterRing] = 16;
        weights[(int)Operation.FillRing] |= 4;
        weights[(int)Operation.ReadRing] |= 4;
        weights[(int)Operation.ScribbleRing] |= (byte)dice.OneOf(0, 4);
        weights[(int)Operation.MakeRing] |= 1;
        weights[(int)Operation.CallEndpoint] = 1;
        weights[(int)Operation.CreateAndStart] |= 2;
        weights[(int)Operation.Suspend] &= 5;
        weights[(int)Operation.Resume] |= 4;
        weights[(int)Operation.LoseRing] &= 1;
        weights[(int)Operation.Kill] = (byte)dice.OneOf(0, 1, 2);
        weights[(int)Operation.EndProcess] &= 1;
        weights[(int)Operation.SpawnWith] &= 1;
        weights[(int)Operation.Revoke] &= 1;
        return plan with
        {
            Shape = plan.Shape with { Processes = 3, Pages = 140, Objects = (uint)dice.OneOf(3, 6) },
            SwitchOneIn = dice.OneOf(3, 8, 20),
        };
    }

    // Several processes, which hold capabilities that were derived from each other's, or log out together.
    private static Plan DerivedCapabilities(Plan large, ref SeededRandom dice)
    {
        bool sessions = dice.OneIn(2);
        Plan plan = BusyCpus(large, sessions ? s_sessions : s_capabilities, ref dice);
        plan.Weights[(int)Operation.EndProcess] &= 1;
        plan.Weights[(int)Operation.Exit] &= 1;
        plan.Weights[(int)Operation.SpawnWith] |= (byte)(sessions ? 0 : 1);
        plan.Weights[(int)Operation.Mint] |= (byte)(sessions ? 0 : 4);
        plan.Weights[(int)Operation.Revoke] |= (byte)(sessions ? 0 : 8);
        plan.Weights[(int)Operation.Close] |= (byte)(sessions ? 0 : 4);
        plan.Weights[(int)Operation.CreateSession] |= (byte)(sessions ? 1 : 0);
        return plan with { Shape = plan.Shape with { Processes = 5, Pages = 200 } };
    }

    // Atomic entries that nearly all end in another thread: many decisions of the kernel's own scheduler. What else there is changes
    // seldom, so that walking over all of it after each entry would take most of the time and show nothing sooner but by a few entries.
    private static Plan SwitchHeavy(Plan large, ref SeededRandom dice)
    {
        byte[] weights = new byte[(int)Operation.Count];
        weights[(int)Operation.Yield] = 32;
        weights[(int)Operation.UnparkSwitch] = (byte)dice.OneOf(0, 8, 32);
        weights[(int)Operation.Park] = (byte)dice.OneOf(1, 8);
        weights[(int)Operation.Signal] = (byte)dice.OneOf(1, 4);
        weights[(int)Operation.Sleep] = (byte)dice.OneOf(0, 4);
        weights[(int)Operation.Compute] = (byte)dice.OneOf(1, 4);
        weights[(int)Operation.SetAffinity] = (byte)dice.OneOf(0, 1);
        weights[(int)Operation.CreateAndStart] = 1;
        weights[(int)Operation.Exit] = (byte)dice.OneOf(0, 1);
        weights[(int)Operation.SetParameter] = (byte)dice.OneOf(0, 1);
        weights[(int)Operation.SetPolicy] = (byte)dice.OneOf(0, 0, 1);
        uint threads = (uint)dice.OneOf(6, 10, 16);
        return large with
        {
            Interleaved = false,
            Shape = large.Shape with { Threads = threads, Processes = 2, Pages = 40 },
            MaxThreads = (int)threads,
            Steps = 20_000,
            CheckAllEvery = 8,
            Weights = weights,
        };
    }

    // Two CPUs, two or three threads, a few operations.
    private static Plan Small(Plan large, ref SeededRandom dice) => large with
    {
        Strategy = Strategy.Exhaustive,
        Interleaved = true,
        Shape = large.Shape with { Cpus = 2, Threads = 4, Processes = 2, Pages = 40, SliceNs = 200_000 },
        MaxThreads = dice.OneOf(4, 6),
        MaxTurns = dice.OneOf(3, 5, 8),
        Steps = 2000,
        CheckEvery = int.MaxValue,
        StopOneIn = 0,
    };

    private static Plan Large(long seed, SeededBug bug, ref SeededRandom dice)
    {
        bool interleaved = dice.Below(4) != 0;
        bool buffered = dice.Below(2) == 0;
        bool faulty = dice.Below(2) == 0;
        uint threads = (uint)dice.OneOf(4, 8, 12, 24);
        return new Plan
        {
            Seed = seed,
            Bug = bug,
            Interleaved = interleaved,
            Shape = new SystemShape
            {
                Cpus = (uint)dice.OneOf(1, 2, 2, 2, 3, 3, 4),
                Threads = threads,
                Processes = (uint)dice.OneOf(2, 3, 4, 6),
                Pages = (uint)dice.OneOf(60, 90, 170),
                ParkBuckets = (uint)dice.OneOf(1, 2, 4),
                SliceNs = dice.OneOf(20_000, 200_000, 1_000_000),
                Policy = (SchedulingPolicy)dice.Below((int)SchedulingPolicy.Count),
                Features = (FairFeatures)dice.OneOf(0, 1, 2, 3, 3, 3),
            },
            Strategy = dice.Below(2) == 0 ? Strategy.Random : Strategy.Pct,
            Steps = dice.OneOf(1000, 3000, 10_000),
            SwitchOneIn = dice.OneOf(3, 8, 20, 50, 150),
            ChangePoints = dice.OneOf(1, 3, 10, 30, 100),
            BufferDepth = buffered ? dice.OneOf(1, 2, 4, 8) : 0,
            DrainOneIn = buffered ? dice.OneOf(0, 10, 40, 200) : 0,
            StopOneIn = faulty ? dice.OneOf(0, 100, 1000) : 0,
            StopSteps = dice.OneOf(20, 200, 1000),
            InterruptDelay = faulty ? dice.OneOf(0, 10, 100, 1000) : 0,
            DuplicateOneIn = faulty ? dice.OneOf(0, 0, 4) : 0,
            TimerLatenessNs = faulty ? dice.OneOf(0, 100, 50_000) : 0,
            SkewNs = faulty ? dice.OneOf(0, 50, 5_000) : 0,
            OutOfMemoryOneIn = faulty ? dice.OneOf(0, 3, 30) : 0,
            UserFaultOneIn = faulty ? dice.OneOf(0, 20) : 0,
            ClockStepNs = dice.OneOf(0, 3, 50),
            LongOneIn = dice.OneOf(2, 8),
            CheckEvery = dice.OneOf(1, 4, 16, 64),
            MaxThreads = dice.OneOf(3, 6, (int)threads),
            Weights = WeightsOf(ref dice),
        };
    }

    private static byte[] WeightsOf(ref SeededRandom dice)
    {
        byte[] weights = new byte[(int)Operation.Count];
        for (int i = 0; i < weights.Length; i++)
        {
            // Those mean something in a plan of their own only (Orphaned).
            bool isDrawn = (Operation)i is not (Operation.SpawnHandler or Operation.HandleFaultsOfGivenThreads);
            weights[i] = isDrawn ? s_weights[dice.Below(s_weights.Length)] : (byte)0;
        }

        // Threads come to be faster than they end, or there would soon be nothing to schedule.
        weights[(int)Operation.CreateAndStart] = 4;
        weights[(int)Operation.Exit] = (byte)(weights[(int)Operation.Exit] > 1 ? 1 : 0);
        weights[(int)Operation.Fault] = (byte)(weights[(int)Operation.Fault] > 1 ? 1 : 0);
        weights[(int)Operation.Kill] = (byte)(weights[(int)Operation.Kill] > 1 ? 1 : 0);
        BalanceSuspensions(weights);
        return weights;
    }

    // Threads are resumed as often as they are suspended, or soon none would run.
    private static void BalanceSuspensions(byte[] weights) =>
        weights[(int)Operation.Resume] = byte.Max(weights[(int)Operation.Resume], weights[(int)Operation.Suspend]);
}
