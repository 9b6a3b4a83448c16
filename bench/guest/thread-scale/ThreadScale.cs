using System.Runtime;
using Lachesis.User;

namespace Lachesis.ThreadScale;

/// <summary>
/// How a fixed amount of work scales over sibling threads and CPUs. The argument string says which shapes (workers x
/// CPUs), how many runs, which work, and how long to be idle after each turn of all shapes, which is when the host stops the machine
/// and runs the same loop by itself. The host works the checksum out by itself and compares.
/// </summary>
internal static unsafe class ThreadScale
{
    private const int MaxShapes = 32;
    private const uint MaxWorkers = 16384;
    private const long NanosecondsPerMillisecond = 1_000_000;

    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        Shape* shapes = stackalloc Shape[MaxShapes];
        int count = Shape.ReadAll(shapes, MaxShapes, MaxWorkers);
        long runs = Program.Argument("runs", 1);
        long pause = Program.Argument("pause", 0);
        if (!Work.Read(out Work work) || count == 0 || runs < 1)
        {
            Report.Finish(false, "bad arguments: shapes=WxC,... runs=N loop=chain|throughput work=N seed=N pause=MS");
            return 1;
        }

        uint most = 1;
        for (int i = 0; i < count; i++)
        {
            most = shapes[i].Workers > most ? shapes[i].Workers : most;
        }

        if (!WorkerMemory.Reserve(most, out WorkerMemory crew))
        {
            Report.Finish(false, "not enough memory for the workers");
            return 1;
        }

        // Shapes take turns, so that a host that drifts does so for all of them.
        bool complete = true;
        for (long run = 0; run < runs; run++)
        {
            for (int i = 0; i < count; i++)
            {
                complete &= Measurement.Make(ref crew, shapes[i], run, in work);
            }

            if (pause > 0 && run < runs - 1)
            {
                Sys.SleepUntil(Clock.Now() + (pause * NanosecondsPerMillisecond));
            }
        }

        Report.Finish(complete, complete ? "every run completed" : "a worker could not be made or ended wrongly");
        return 0;
    }
}
