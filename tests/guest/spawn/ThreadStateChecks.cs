using Lachesis.Abi;
using Lachesis.User;
using State = Lachesis.Spawning.States.State;

namespace Lachesis.Spawning;

/// <summary>The same with a thread that is suspended, resumed and killed by who made it, while its process lives.</summary>
internal static unsafe class ThreadStateChecks
{
    private const ulong Code = 0x0DED;

    internal static void Run()
    {
        PoolLevels before = PoolLevels.Read();
        var place = WaitObjects.Make();
        ulong process = place.Plan(Children.SleepForEver).Start().Value;
        bool right = true;
        uint cpu = 0;
        for (State state = 0; state < State.Count; state++)
        {
            if (States.IsForAnyThread(state))
            {
                right &= Check(in place, process, state, cpu++ % Program.Cpus);
            }
        }

        Report.Check(right, "a thread of another process can be suspended, resumed and killed in each state, and leaves nothing where it was");
        right = Sys.ProcessExit(process, Code) == Error.None && SpawnBuilder.WaitAndClose(process).Value == Code && place.Close();
        Report.Check(right && before.WaitUntilRestored(), "and what its process had made for it goes with that");
    }

    private static bool Check(in WaitObjects place, ulong process, State state, uint cpu)
    {
        ulong thread = RemoteThreads.Add(process, &States.Enter, (ulong)state).Value;
        bool right = Sys.ThreadSetAffinity(thread, 1ul << (int)cpu) == Error.None && Sys.ThreadStart(thread) == Error.None;
        right &= States.Blocks(state) ? BlockDetection.WaitUntilThreadBlocks(thread) : IpcCalls.Wait(place.Notification).Error == Error.None;
        right &= Sys.ThreadSuspend(thread) == Error.None && Sys.ThreadResume(thread) == Error.None;
        right &= Sys.ThreadKill(thread, Code) == Error.None && Sys.ThreadJoin(thread).Value == Code;
        right &= Sys.CapabilityDelete(thread) == Error.None && place.HasNoWaiters() && KernelConsistency.StaleEntries() == 0;
        if (!right)
        {
            Text line = default;
            line.Add("thread in the state of number ");
            line.Add((long)state);
            Log.Line(in line);
        }

        return right;
    }
}
