using System.Runtime;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Waiting at an address: no wake is lost, none is made up, and who came first goes first.</summary>
internal static unsafe class ParkTest
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.OwnRole switch
    {
        ProcessChecks.NeighbourRole => ProcessChecks.Neighbour(),
        ProcessChecks.IntruderRole => ProcessChecks.Intrude(),
        _ => IsolatedTest.Run("park", &Checks),
    };

    private static void Checks()
    {
        ErrorChecks.Run();
        OrderChecks.Run();
        PingPong.Run();
        MutexChecks.Run();
        RaceChecks.Run();
        ProcessChecks.Run();
        PriorityChecks.Run();
        StopChecks.Run();
        RingChecks.Run();
        ConditionChecks.Run();
        HolderChecks.Run();
    }
}
