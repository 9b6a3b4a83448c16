using System.Runtime;
using Lachesis.User;

namespace Lachesis.TimerSmoke;

/// <summary>Timers as objects: when they signal, how often, and that none is left.</summary>
internal static unsafe class TimerTrial
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => Trial.OwnRole switch
    {
        LifeChecks.ChildRole => LifeChecks.Child(),
        LifeChecks.LateRole => LifeChecks.FireLate(),
        _ => Trial.Run("timer", &Checks),
    };

    private static void Checks()
    {
        FiringChecks.Run();
        LifeChecks.Run();
    }
}
