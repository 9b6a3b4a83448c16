using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Costs;

/// <summary>Whole lives: made, run to the end, waited for.</summary>
internal static unsafe class Lifecycles
{
    /// <summary>Create, start, exit, join and close a thread; its stack is mapped beforehand.</summary>
    internal static void Thread(ref Samples samples)
    {
        ulong stackTop = Sys.MemoryMap(BootHandle.Process, UserThread.DefaultStackBytes).Value + UserThread.DefaultStackBytes;
        for (int i = 0; i < Samples.WarmUp; i++)
        {
            OneThread(stackTop);
        }

        for (uint i = 0; i < samples.Count; i++)
        {
            ulong began = Clock.Ticks();
            OneThread(stackTop);
            samples.SetElapsed(i, Clock.Ticks() - began);
        }

        samples.Report("threadCreateJoin");
    }

    /// <summary>Spawn, exit, wait for and close a process.</summary>
    internal static void Process(ref Samples samples)
    {
        SpawnRequest request = default;
        Spawning.Name(&request, "empty");
        request.CpuMask = 1;
        for (int i = 0; i < Samples.WarmUp; i++)
        {
            OneProcess(&request);
        }

        for (uint i = 0; i < samples.Count; i++)
        {
            ulong began = Clock.Ticks();
            OneProcess(&request);
            samples.SetElapsed(i, Clock.Ticks() - began);
        }

        samples.Report("processSpawnWait");
    }

    private static void OneThread(ulong stackTop)
    {
        UserThread thread = default;
        UserThread.Create(&thread, &Nothing, 0, stackTop);
        Sys.ThreadStart(thread.Handle);
        thread.Join();
    }

    private static void OneProcess(SpawnRequest* request)
    {
        ulong process = Sys.ProcessSpawn(request).Value;
        Sys.ProcessWait(process);
        Sys.CapabilityDelete(process);
    }

    private static ulong Nothing(ulong argument) => argument;
}
