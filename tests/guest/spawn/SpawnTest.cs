using System.Runtime;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Processes: made from programs, told something, allowed something, waited for, and gone without a
/// trace.</summary>
internal static unsafe class SpawnTest
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.OwnRole switch
    {
        <= IsolatedTest.ChildRole => IsolatedTest.Run("spawn", &Checks),
        States.Role => States.RunRole(),
        RestrictedChild.Role => RestrictedChild.RunRole(),
        ParentAndChild.ParentRole => ParentAndChild.RunAsParent(),
        ParentAndChild.ChildRole => ParentAndChild.RunAsChild(),
        _ => Children.RunRole(IsolatedTest.OwnRole),
    };

    private static void Checks()
    {
        RequestChecks.Run();
        GrantChecks.Run();
        MemoryChecks.Run();
        WaitChecks.Run();
        StateChecks.Run();
        ThreadStateChecks.Run();
        InheritChecks.Run();
        RemoteThreadChecks.Run();
        OrphanedChildChecks.Run();
        StormChecks.Run();
        CapacityChecks.Run();
    }
}
