using System.Runtime;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>
/// Random system calls with random and hostile arguments, by several processes at once, <c>calls=</c> of them from
/// <c>seed=</c>. A supervisor starts workers and starts them anew whenever they end; afterwards all pools must be level.
/// </summary>
internal static unsafe class Fuzz
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.OwnRole switch
    {
        Worker.Role => Worker.RunRole(),
        Worker.ChildRole => Worker.RunAsChild(),
        _ => IsolatedTest.Run("fuzz", &Supervisor.Checks),
    };
}
