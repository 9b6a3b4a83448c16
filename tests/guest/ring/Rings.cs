using System.Runtime;
using Lachesis.User;

namespace Lachesis.Rings;

/// <summary>Submission and completion rings: requests of every sort, waits among them, and threads that end in the
/// middle.</summary>
internal static unsafe class Rings
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.Run("ring", &Checks);

    private static void Checks()
    {
        RequestChecks.Run();
        WaitChecks.Run();
        EndChecks.Run();
    }
}
