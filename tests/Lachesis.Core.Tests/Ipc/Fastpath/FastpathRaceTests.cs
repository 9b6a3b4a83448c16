using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc.Fastpath;

/// <summary>A direct call, with something else happening in between.</summary>
public sealed unsafe class FastpathRaceTests
{
    [Theory]
    [InlineData(SystemCall.CapabilityDelete)]
    [InlineData(SystemCall.ThreadSuspend)]
    [InlineData(SystemCall.ThreadKill)]
    [InlineData(SystemCall.ThreadSetAffinity)]
    public void A_direct_call_may_meet_anything_wherever_it_holds_no_lock(SystemCall other)
    {
        ulong target = 0;
        int met = 0;
        void Act(SimulatedSystem system)
        {
            if (LocksAreFree(system))
            {
                met++;
                system.Syscall(1, other, target, 2);
            }
        }

        Races.AtEachPoint(
            system => target = PrepareRace(system, other),
            system => system.CallWithMessage(0, SystemCall.Call, 1, Races.Handle, 7),
            Act,
            Drain);
        Assert.True(met >= 3, $"met only {met} times");
    }

    // A nested CPU cannot wait for one.
    private static bool LocksAreFree(SimulatedSystem system)
    {
        ulong held = *(ulong*)&system.ProcessOn(1)->Lock;
        for (uint i = 0; i < 4; i++)
        {
            held |= *(ulong*)&((WaitableObject*)system.Kernel->Endpoints.At(i))->Queue.Lock;
            held |= *(ulong*)&((Core.Ipc.Reply*)system.Kernel->Replies.At(i))->Lock;
        }

        return held == 0;
    }

    // A client and a server of CPU 0 have come to go directly, and the client is next; a third thread runs on CPU 1. Gives the
    // handle that this one acts on: the endpoint's or the server's.
    private static ulong PrepareRace(SimulatedSystem system, SystemCall other)
    {
        const ulong endpoint = Races.Handle;
        const ulong both = endpoint | (endpoint + 1) << 32;
        system.Syscall(0, SystemCall.PolicySet, BootHandle.Policy, 3, (ulong)SchedulingPolicy.RoundRobin);
        system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Endpoint);
        system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Reply);
        Races.Started(system);
        system.Syscall(0, SystemCall.ThreadSetAffinity, BootHandle.MainThread, 1);
        ulong client = system.CreateThread(0);
        system.Syscall(0, SystemCall.ThreadSetAffinity, client, 1);
        system.Syscall(0, SystemCall.ThreadStart, client);
        system.CallWithMessage(0, SystemCall.Receive, 0, both);
        for (int round = 0; round < 2; round++)
        {
            system.CallWithMessage(0, SystemCall.Call, 0, endpoint);
            system.CallWithMessage(0, SystemCall.ReplyReceive, 0, both);
        }

        Assert.Equal(endpoint, system.Cpu(0)->Current->Ipc.CallCache.Handle);
        Assert.NotEqual(0ul, system.Cpu(0)->Current->Ipc.DirectHandoffGeneration);
        return other == SystemCall.CapabilityDelete ? endpoint : BootHandle.MainThread;
    }

    // Whatever became of them: nothing is left undone, and time passes on both CPUs.
    private static void Drain(SimulatedSystem system)
    {
        for (int i = 0; i < 20; i++)
        {
            system.Advance(1_000_000);
            system.RunPendingWork();
        }
    }
}
