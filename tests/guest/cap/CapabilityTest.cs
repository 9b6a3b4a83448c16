using System.Runtime;
using Lachesis.User;

namespace Lachesis.Caps;

/// <summary>Capabilities: made from others with no more rights, used as far as these go, moved, deleted, taken back.</summary>
internal static unsafe class CapabilityTest
{
    [RuntimeExport("program_main")]
    internal static ulong Main() =>
        IsolatedTest.OwnRole == RevokeChecks.ChildRole ? RevokeChecks.Child() : IsolatedTest.Run("cap", &Checks);

    private static void Checks()
    {
        MintChecks.Run();
        CallChecks.Run();
        RevokeChecks.Run();
        RaceChecks.Run();
        CapacityChecks.Run();
        BoundChecks.Run();
    }
}
