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
            samples.Set(i, Clock.Ticks() - began);
        }

        samples.Report("syscallNull");
    }
}
