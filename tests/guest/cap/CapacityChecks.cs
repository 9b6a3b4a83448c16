using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Caps;

/// <summary>Capabilities until the space is full: that is an error, and revoking makes room again, a bounded step at a
/// time.</summary>
internal static unsafe class CapacityChecks
{
    private const uint MaxHandles = 1 << 15;

    internal static void Run()
    {
        ulong source = Sys.CapabilityCopy(BootHandle.Machine).Value;
        uint made = 0;
        SystemResult last = Sys.CapabilityCopy(source);
        for (; last.Error == Error.None && made < MaxHandles; made++)
        {
            last = Sys.CapabilityCopy(source);
        }

        bool full = last.Error == Error.HandlesFull && made > MaxHandles - BootHandle.Count - 64
            && Sys.CapabilityMove(source).Error == Error.HandlesFull
            && Sys.ThreadCreate(BootHandle.Process, 0, 0, 0).Error == Error.HandlesFull;
        Report.Check(full, "a full capability space gives HandlesFull");
        uint steps = 1;
        while (Sys.CapabilityRevokeStep(source).Value != 0 && steps <= MaxHandles)
        {
            steps++;
        }

        Report.Check(
            steps == (made + CallLimits.MaxRevoke - 1) / CallLimits.MaxRevoke,
            "revoking takes as many steps as there are capabilities, by the number that one step deletes");
        bool room = Sys.CapabilityCopy(source).Error == Error.None && Sys.CapabilityRevoke(source) == Error.None;
        Report.Check(room && Sys.CapabilityDelete(source) == Error.None, "and makes room again");
    }
}
