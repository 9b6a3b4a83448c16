using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Tests.Machine;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc;

/// <summary>Sending capabilities, with something else happening in between.</summary>
public sealed unsafe class CapabilityTransferRaceTests
{
    private const uint Tag = 1u << MessageTag.CapabilitiesShift | MessageTag.NoWait;

    // Nobody receives, so the message is not taken; but it never is refused for what the other one may not.
    [Theory]
    [InlineData(SystemCall.Send)]
    [InlineData(SystemCall.Call)]
    public void A_capability_that_may_grant_is_not_taken_for_the_one_that_gets_its_slot(SystemCall call)
    {
        ulong endpoint = 0;
        ulong sender = 0;
        int met = 0;
        Error error = Error.None;
        Races.AtEachPoint(
            system =>
            {
                Races.Started(system);
                endpoint = system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Endpoint).Value;
                sender = Mint(system, 0, endpoint, Rights.Write | Rights.Grant);
                system.Syscall(0, SystemCall.ThreadSetBuffer, BootHandle.MainThread, SimulatedSystem.DataAddress);
                system.StopsWithLocks = true;
            },
            system => error = system.CallWithMessage(0, call, Tag, sender).Error,
            system =>
            {
                // A nested CPU cannot wait for a lock.
                if (*(ulong*)&system.ProcessOn(0)->Lock == 0)
                {
                    met++;
                    system.Syscall(1, SystemCall.CapabilityDelete, sender);
                    Assert.Equal(sender + CapabilitySpace.MaxHandles, Mint(system, 1, endpoint, Rights.Write));
                }
            },
            _ => Assert.True(error is Error.WouldBlock or Error.StaleHandle, $"{error}"));
        Assert.True(met >= 2, $"met only {met} times");
    }

    private static ulong Mint(SimulatedSystem system, uint cpu, ulong source, Rights rights) =>
        system.Syscall(cpu, SystemCall.CapabilityMint, source, (ulong)rights).Value;
}
