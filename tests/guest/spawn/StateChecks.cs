using Lachesis.Abi;
using Lachesis.User;
using State = Lachesis.Spawning.States.State;

namespace Lachesis.Spawning;

/// <summary>A process that is ended in one certain state of its thread: what it waited at belongs to its maker, lives on, and
/// must be as if nobody had ever waited there.</summary>
internal static unsafe class StateChecks
{
    private const ulong Code = 0x0E4D;
    private const uint Waiters = 2;

    internal static void Run()
    {
        ThreadGroup crew = ThreadGroup.Allocate(Waiters);
        var place = WaitObjects.Make();
        CheckAlone(&place, &crew);
        CheckTalking(&place, &crew);
        CheckServed(&place, &crew);
        Report.Check(place.Close(), "who was waited for by a process that was ended lives on");
    }

    private static void CheckAlone(WaitObjects* place, ThreadGroup* crew)
    {
        Check(place, crew, State.Spinning, "a process can be ended that runs");
        Check(place, crew, State.Suspended, "one that is suspended");
        Check(place, crew, State.Parked, "one that is parked");
        Check(place, crew, State.ParkedWithDeadline, "one that is parked until a deadline");
        Check(place, crew, State.Sleeping, "one that sleeps");
        Check(place, crew, State.Joining, "one that joins a thread of its own that was never started");
        Check(place, crew, State.WaitingForProcess, "one that waits for another process");
        Check(place, crew, State.InRing, "one that waits for signals in the middle of a ring");
    }

    private static void CheckTalking(WaitObjects* place, ThreadGroup* crew)
    {
        Check(place, crew, State.Sending, "one that sends");
        Check(place, crew, State.Calling, "one that calls");
        Check(place, crew, State.CallingWithDeadline, "one that calls until a deadline");
        Check(place, crew, State.CallingInRing, "one that calls in the middle of a ring");
        Check(place, crew, State.Receiving, "one that receives");
        Check(place, crew, State.ReceivingSignals, "one that receives with a notification bound");
        Check(place, crew, State.WaitingForSignals, "one that waits for signals");
        Check(place, crew, State.WaitingWithDeadline, "one that waits for signals until a deadline");
        Check(place, crew, State.Faulting, "and one whose fault waits to be handled");
    }

    private static void CheckServed(WaitObjects* place, ThreadGroup* crew)
    {
        CheckAnswer(place, crew, State.Calling, "nobody gets the answer for a caller that was ended");
        CheckAnswer(place, crew, State.CallingWithDeadline, "with a deadline or without");
        CheckAnswer(place, crew, State.CallingInRing, "through a ring");
        CheckAnswer(place, crew, State.Faulting, "or for a fault");
    }

    private static void Check(WaitObjects* place, ThreadGroup* crew, State state, string what)
    {
        bool right = true;
        PoolLevels before = PoolLevels.Read();
        for (uint cpu = 0; cpu < Program.Cpus; cpu += Program.Cpus > 1 ? Program.Cpus - 1 : 1)
        {
            ulong child = Start(place, state, cpu);
            right &= child != 0 && End(crew, child) && before.WaitUntilRestored() && place->HasNoWaiters();
        }

        Report.Check(right && KernelConsistency.StaleEntries() == 0, what);
    }

    // The maker has taken the call before the caller is ended.
    private static void CheckAnswer(WaitObjects* place, ThreadGroup* crew, State state, string what)
    {
        PoolLevels before = PoolLevels.Read();
        ulong child = Start(place, state, Program.Cpus - 1);
        Message message = default;
        bool right = child != 0 && IpcCalls.Receive(place->Endpoint, place->Reply, &message) == Error.None;
        right &= End(crew, child) && before.WaitUntilRestored();

        // Before somebody answers: that would let the caller go.
        right &= KernelConsistency.StaleEntries() == 0;
        message = Message.Of(0);
        right &= IpcCalls.Reply(place->Reply, &message) == Error.BadState;
        Report.Check(right && place->HasNoWaiters(), what);
    }

    // On that CPU, and in that state: it has said so, or blocks for the first and only time.
    private static ulong Start(WaitObjects* place, State state, uint cpu)
    {
        SpawnBuilder spawn = place->Plan(States.Role);
        spawn.AddArgument("state", (long)state);
        spawn.CpuMask = 1ul << (int)cpu;
        ulong child = spawn.Start().Value;
        bool there = States.Blocks(state) ? BlockDetection.WaitUntilProcessBlocks(child) : IpcCalls.Wait(place->Notification).Error == Error.None;
        return there ? child : 0;
    }

    private static bool End(ThreadGroup* crew, ulong child)
    {
        for (uint i = 0; i < Waiters; i++)
        {
            crew->AddAndStart(&WaitFor, child);
        }

        bool ended = Sys.ProcessExit(child, Code) == Error.None;
        return ended && crew->JoinAll() == Waiters * Code && SpawnBuilder.WaitAndClose(child).Value == Code;
    }

    private static ulong WaitFor(ulong process) => Sys.ProcessWait(process).Value;
}
