using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.User;

namespace Lachesis.ScenarioGuest;

/// <summary>A thread of the scenario: does what its machine says.</summary>
internal unsafe struct Runner
{
    internal UserThread Thread;
    internal ScenarioThread Machine;

    /// <summary>The thread's function: argument is the address of its <see cref="Runner"/>.</summary>
    internal static ulong Run(ulong argument)
    {
        Runner* runner = (Runner*)argument;
        ScenarioThread* machine = &runner->Machine;
        SystemResult last = default;
        while (true)
        {
            ScenarioStep step = machine->Next(in Stage.World, Clock.Now(), last);
            switch (step.Kind)
            {
                case ScenarioStepKind.Compute:
                    Compute(machine, (long)step.A0, long.MaxValue);
                    break;
                case ScenarioStepKind.ComputeUntil:
                    Compute(machine, long.MaxValue, (long)step.A0);
                    break;
                case ScenarioStepKind.Call:
                    last = Sys.Call(step.Number, step.A0, step.A1, step.A2, step.A3);
                    Stage.Note(step.Number, last.Error);
                    break;
                case ScenarioStepKind.Fork:
                    Stage.Fork((uint)step.A0);
                    break;
                default:
                    return 0;
            }
        }
    }

    /// <summary>
    /// Spins until the thread has had <paramref name="wanted"/> nanoseconds of CPU time or it is <paramref name="until"/>,
    /// and notes each stretch. A reading of the clock that comes late shows that the CPU was somebody else's: what lies
    /// between two such readings was this thread's, and nothing else was.
    /// </summary>
    private static void Compute(ScenarioThread* machine, long wanted, long until)
    {
        long begin = Stage.World.Begin;
        long end = Stage.World.End;
        long limit = until < end ? until : end;
        bool continued = false;
        uint cpu = Stage.CurrentCpu();
        long start = Clock.Now();
        long last = start;
        while (wanted > 0 && last < limit)
        {
            long now = Clock.Now();
            long passed = now - last;
            if (passed < Stage.GapNs)
            {
                wanted -= passed;
                last = now;
                continue;
            }

            machine->Log.Add(ScenarioEvent.Stretch(start - begin, last - start, cpu, continued));
            continued = true;
            cpu = Stage.CurrentCpu();
            start = now < end ? now : end;
            last = start;
        }

        long over = last > limit ? limit : last;
        machine->Log.Add(ScenarioEvent.Stretch(start - begin, over > start ? over - start : 0, cpu, continued));
    }
}
