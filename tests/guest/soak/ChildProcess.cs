using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Soak;

/// <summary>Processes that a worker starts and waits for, or ends.</summary>
internal static unsafe class ChildProcess
{
    private const ulong KillCode = 0xDEAD;

    internal static void Step(SoakState* world, ref Random random)
    {
        ulong code = 1 + random.Below(1000);
        SpawnBuilder spawn = SpawnBuilder.ForRole("soak", Bystander.Role);
        spawn.AddArgument("code", (long)code);
        spawn.AddArgument("us", (long)random.Below(2000));
        spawn.AddArgument("threads", (long)random.Below(4));
        spawn.AddArgument("style", (long)random.Below(3));
        spawn.CpuMask = random.Below(2) == 0 ? Program.Start->CpuMask : 1ul << (int)random.Below(Program.Cpus);
        SystemResult child = spawn.Start();
        if (child.Error != Error.None)
        {
            SoakState.Count(ref world->Refused);
            return;
        }

        SoakState.Count(ref world->ProcessesMade);
        bool killed = random.Below(3) == 0;
        if (killed)
        {
            Sys.SleepUntil(Clock.Now() + (long)random.Below(1_000_000));
            Sys.ProcessExit(child.Value, KillCode);
        }

        // Now and then nobody waits for it.
        if (random.Below(8) == 0)
        {
            Sys.CapabilityDelete(child.Value);
            return;
        }

        SystemResult ended = SpawnBuilder.WaitAndClose(child.Value);
        if (ended.Error != Error.None || (ended.Value != code && !(killed && ended.Value == KillCode)))
        {
            SoakState.Count(ref world->WrongProcess);
        }
    }
}
