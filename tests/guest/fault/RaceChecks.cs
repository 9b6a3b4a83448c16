using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>Processes that fault and processes that handle that, ended at random moments.</summary>
internal static unsafe class RaceChecks
{
    private const int Rounds = 8;
    private const uint Processes = 3;

    internal static void Run()
    {
        bool right = true;
        Random random = new(1);
        for (int round = 0; round < Rounds; round++)
        {
            right &= Round(ref random);
        }

        Report.Check(right, "threads that fault and their handlers can be ended at any moment");
        bool level = Sys.PoolLevel(PoolKind.Endpoints) == 0 && Sys.PoolLevel(PoolKind.Replies) == 0;
        Report.Check(level, "and leave no endpoint or reply object behind");
    }

    private static bool Round(ref Random random)
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        SpawnBuilder spawn = SpawnBuilder.ForRole("fault", FaultHandler.Role);
        spawn.AddCapability(endpoint, Rights.Read, FaultHandler.EndpointSlot);
        ulong handler = spawn.Start().Value;
        ulong* processes = stackalloc ulong[(int)Processes];
        for (uint i = 0; i < Processes; i++)
        {
            processes[i] = FaultingThreads.Start(endpoint);
        }

        Sys.SleepUntil(Clock.Now() + 200_000 + (long)random.Below(500_000));
        bool right = true;
        switch (random.Below(3))
        {
            case 0:
                right &= Sys.ProcessExit(handler, 7) == Error.None;
                break;
            case 1:
                right &= Sys.CapabilityRevoke(endpoint) == Error.None;
                break;
        }

        for (uint i = 0; i < Processes; i++)
        {
            Sys.ProcessExit(processes[i], 7);
            ulong code = SpawnBuilder.WaitAndClose(processes[i]).Value;
            right &= code == 7 || code == FaultExitCode.For((uint)Exceptions.InvalidOpcode) || code == 3;
        }

        Sys.ProcessExit(handler, 7);
        right &= SpawnBuilder.WaitAndClose(handler).Value is 7 or (ulong)Error.StaleHandle;
        Sys.CapabilityDelete(endpoint);
        return right;
    }
}
