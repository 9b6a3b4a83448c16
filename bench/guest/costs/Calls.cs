using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Costs;

/// <summary>System calls that switch to nobody.</summary>
internal static class Calls
{
    /// <summary>The call that does nothing.</summary>
    internal static void Null(ref Samples samples)
    {
        for (int i = 0; i < Samples.WarmUp; i++)
        {
            Sys.Nop();
        }

        for (uint i = 0; i < samples.Count; i++)
        {
            ulong began = Clock.Ticks();
            Sys.Nop();
            samples.SetElapsed(i, Clock.Ticks() - began);
        }

        samples.Report("syscallNull");
    }

    /// <summary>Copy a capability and delete the copy: of one that names a pooled object, so that both count
    /// references.</summary>
    internal static void CopyDelete(ref Samples samples)
    {
        for (int i = 0; i < Samples.WarmUp; i++)
        {
            Sys.CapabilityDelete(Sys.CapabilityCopy(BootHandle.MainThread).Value);
        }

        for (uint i = 0; i < samples.Count; i++)
        {
            ulong began = Clock.Ticks();
            Sys.CapabilityDelete(Sys.CapabilityCopy(BootHandle.MainThread).Value);
            samples.SetElapsed(i, Clock.Ticks() - began);
        }

        samples.Report("capCopyDelete");
    }
}
