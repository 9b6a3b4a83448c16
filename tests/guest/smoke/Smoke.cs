using System.Runtime;
using Lachesis.User;

namespace Lachesis.Smoke;

internal static unsafe class Smoke
{
    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        Log.Line("hello from ring 3");
        Report.Check(true, "runs in ring 3");
        Report.Finish(true, "ok");
        return 0;
    }
}
