using System.Runtime;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Waiting at an address: no wake is lost, none is made up, and who came first goes first.</summary>
internal static unsafe class Parks
{
    [RuntimeExport("program_main")]
    internal static ulong Main() =>
        Trial.OwnRole == ProcessChecks.NeighbourRole ? ProcessChecks.Neighbour() : Trial.Run("park", &Checks);

    private static void Checks()
    {
        ErrorChecks.Run();
        OrderChecks.Run();
        PingPong.Run();
        MutexChecks.Run();
        RaceChecks.Run();
        ProcessChecks.Run();
    }
}
