using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>A process outside of the session, with a capability to it: it ends when that is taken away.</summary>
internal static class Outsider
{
    internal const long Role = 3;

    internal const ulong Code = 0x007;

    internal static ulong RunRole()
    {
        while (Sys.CapabilityInspect(Slots.Session, CapabilityAspect.KindAndRights).Error == Error.None)
        {
            Sys.SleepUntil(Clock.Now() + 200_000);
        }

        return Code;
    }
}
