using System.Runtime;
using Lachesis.User;

namespace Lachesis.TimerSmoke;

/// <summary>Timers as objects: when they signal, how often, and that none is left.</summary>
internal static unsafe class TimerTest
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => IsolatedTest.OwnRole switch
    {
        LifeChecks.ChildRole => LifeChecks.Child(),
        LifeChecks.LateRole => LifeChecks.FireLate(),
        _ => IsolatedTest.Run("timer", &Checks),
    };

    private static void Checks()
    {
        FiringChecks.Run();
        LifeChecks.Run();
    }
}
