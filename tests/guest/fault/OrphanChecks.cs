using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>Threads that fault when the process that set their handler has ended, while others are made in its place.</summary>
internal static unsafe class OrphanChecks
{
    /// <summary>The role of a process that sets handlers, and of one that ends at once.</summary>
    internal const long SetterRole = 5, BriefRole = 6;

    private const uint Endpoint = BootHandle.FirstFree;
    private const uint FirstThread = Endpoint + 1;
    private const uint Threads = 14;
    private const int Rounds = 3;
    private const int Spawns = 12;

    // Nanoseconds within which the threads of a round fault.
    private const ulong Spread = 400_000;

    internal static void Run()
    {
        bool set = true;
        bool ended = true;
        ThreadGroup crew = ThreadGroup.Allocate(Threads);
        for (int round = 0; round < Rounds; round++)
        {
            ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
            set &= Orphan(ref crew, endpoint);
            for (uint i = 0; i < Threads; i++)
            {
                Sys.ThreadStart(crew.Handle(i));
            }

            for (int i = 0; i < Spawns; i++)
            {
                set &= SpawnBuilder.ForRole("fault", BriefRole).StartAndWait().Error == Error.None;
            }

            ended &= crew.JoinAll() == Threads * FaultExitCode.For((uint)Exceptions.InvalidOpcode);
            Sys.CapabilityDelete(endpoint);
        }

        Report.Check(set, "a process sets handlers for another's threads and ends, and others are made in its place");
        Report.Check(ended, "meanwhile those threads fault, and end for want of a handler");
    }

    /// <summary>The process: sets itself as the handler of each thread that it was given.</summary>
    internal static ulong SetHandlers()
    {
        for (uint i = 0; i < Threads; i++)
        {
            if (IpcCalls.SetFaultHandler(FirstThread + i, Endpoint) != Error.None)
            {
                return 1;
            }
        }

        return 0;
    }

    // So many threads, not started, whose handler is gone.
    private static bool Orphan(ref ThreadGroup crew, ulong endpoint)
    {
        SpawnBuilder setter = SpawnBuilder.ForRole("fault", SetterRole);
        setter.AddCapability(endpoint, Rights.Write, Endpoint);
        for (uint i = 0; i < Threads; i++)
        {
            if (crew.Add(&Fault, i) != Error.None)
            {
                return false;
            }

            // The first CPU, where others are made, is left free where there are more.
            uint others = Program.Cpus - 1;
            Sys.ThreadSetAffinity(crew.Handle(i), 1ul << (int)(others == 0 ? 0 : 1 + (i % others)));
            setter.AddCapability(crew.Handle(i), Rights.Control, FirstThread + i);
        }

        SystemResult ended = setter.StartAndWait();
        return ended.Error == Error.None && ended.Value == 0;
    }

    private static ulong Fault(ulong number)
    {
        long until = Clock.Now() + (long)(number * (Spread / Threads));
        while (Clock.Now() < until)
        {
        }

        return FaultingThreads.Undefined(1);
    }
}
