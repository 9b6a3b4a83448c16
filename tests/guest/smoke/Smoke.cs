using System.Runtime;
using Lachesis.User;

namespace Lachesis.Smoke;

/// <summary>What every program relies on: ring 3, the clock, faults that stay with their thread, calls that check.</summary>
internal static unsafe class Smoke
{
    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        if (Program.Argument("fault", -1) >= 0)
        {
            return Faults.Commit((ulong)Program.Argument("fault", -1));
        }

        return IsolatedTest.Run("smoke", &Checks);
    }

    private static void Checks()
    {
        Report.Check(Stubs.CodeSegment() == 0x23, "runs in ring 3");
        ClockChecks.Run();
        Faults.Run();
        CallChecks.Run();
        AddressChecks.Run();
        RegisterChecks.Run();
        VectorChecks.Run();
    }
}
