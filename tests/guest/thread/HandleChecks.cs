using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Threads;

/// <summary>A handle that was closed names nothing, ever again.</summary>
internal static unsafe class HandleChecks
{
    // More than a slot of a capability space has generations.
    private const int Reuses = 132_000;

    internal static void Run()
    {
        ThreadGroup crew = ThreadGroup.Allocate(1);
        crew.AddAndStart(&Nothing, 0);
        ulong old = crew.Handle(0);
        bool open = Sys.ThreadRuntime(old).Error == Error.None;
        crew.JoinAll();
        Report.Check(open && IsStale(old), "a closed handle is stale");

        bool same = false;
        bool revived = false;
        for (int i = 0; i < Reuses; i++)
        {
            ulong next = Sys.CapabilityCopy(BootHandle.MainThread).Value;
            same |= next != old && (next & 0x7FFF) == (old & 0x7FFF);
            revived |= next == old || !IsStale(old);
            Sys.CapabilityDelete(next);
        }

        Report.Check(same, "the place of a closed handle is used again");
        Report.Check(!revived, "a closed handle stays stale, however often its place is used again");
    }

    private static ulong Nothing(ulong unused) => 0;

    private static bool IsStale(ulong handle) =>
        Sys.ThreadRuntime(handle).Error == Error.StaleHandle && Sys.CapabilityDelete(handle) == Error.StaleHandle;
}
