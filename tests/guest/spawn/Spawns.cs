using System.Runtime;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Processes: made from programs, told something, allowed something, waited for, and gone without a
/// trace.</summary>
internal static unsafe class Spawns
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => Trial.OwnRole switch
    {
        <= Trial.Role => Trial.Run("spawn", &Checks),
        States.Role => States.Live(),
        Heir.Role => Heir.Live(),
        Family.ParentRole => Family.LiveAsParent(),
        Family.ChildRole => Family.LiveAsChild(),
        _ => Children.Play(Trial.OwnRole),
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
        HandChecks.Run();
        FamilyChecks.Run();
        StormChecks.Run();
        CapacityChecks.Run();
    }
}
