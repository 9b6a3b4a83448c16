using System.Runtime;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Processes: made from programs, told something, allowed something, waited for, and gone without a
/// trace.</summary>
internal static unsafe class Spawns
{
    [RuntimeExport("program_main")]
    internal static ulong Main() =>
        Trial.OwnRole > Trial.Role ? Children.Play(Trial.OwnRole) : Trial.Run("spawn", &Checks);

    private static void Checks()
    {
        RequestChecks.Run();
        GrantChecks.Run();
        MemoryChecks.Run();
        WaitChecks.Run();
        CapacityChecks.Run();
    }
}
