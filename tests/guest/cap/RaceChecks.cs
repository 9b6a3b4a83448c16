using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Caps;

/// <summary>Threads of several CPUs that copy, move, delete and revoke among the same capabilities.</summary>
internal static unsafe class RaceChecks
{
    private const uint Members = 6;
    private const int Turns = 2000;
    private const int Own = 8;

    internal static void Run()
    {
        ulong source = Sys.CapabilityCopy(BootHandle.MainThread).Value;
        ThreadGroup crew = ThreadGroup.Allocate(Members);
        for (uint i = 0; i < Members; i++)
        {
            crew.AddAndStartOn(i % Program.Cpus, &Work, source | ((ulong)i << 32));
        }

        Report.Check(crew.JoinAll() == 0, "whatever others do meanwhile, a handle works or is stale");
        bool empty = Sys.CapabilityRevoke(source) == Error.None && Sys.CapabilityRevokeStep(source).Value == 0
            && Sys.CapabilityDelete(source) == Error.None;
        Report.Check(empty, "and in the end everything derived can be revoked");
    }

    // How many answers were wrong.
    private static ulong Work(ulong argument)
    {
        ulong source = (uint)argument;
        Random random = new(argument >> 32);
        ulong* own = stackalloc ulong[Own];
        for (int i = 0; i < Own; i++)
        {
            own[i] = source;
        }

        ulong wrong = 0;
        for (int i = 0; i < Turns; i++)
        {
            ulong* chosen = own + random.Below(Own);
            wrong += Step(source, own[random.Below(Own)], chosen, random.Below(64)) ? 0ul : 1;
        }

        return wrong;
    }

    private static bool Step(ulong source, ulong from, ulong* to, ulong what)
    {
        SystemResult done = what == 0 ? Sys.CapabilityRevokeStep(source)
            : what < 32 ? Sys.CapabilityCopy(from)
            : what < 40 && *to != source ? Sys.CapabilityMove(*to)
            : what < 52 && *to != source ? new SystemResult { Error = Sys.CapabilityDelete(*to), Value = source }
            : Sys.ThreadRuntime(from);
        if (what is > 0 and < 52)
        {
            *to = done.Error == Error.None && what < 52 ? done.Value : source;
        }

        return done.Error is Error.None or Error.StaleHandle;
    }
}
