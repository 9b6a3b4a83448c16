using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.User;

namespace Lachesis.ScenarioGuest;

/// <summary>A thread of the scenario: does what its machine says.</summary>
internal unsafe struct Runner
{
    internal UserThread Thread;

    internal ScenarioThread Machine;

    /// <summary>CPU time that the scenario asked for so far, in nanoseconds.</summary>
    internal long Asked;

    /// <summary>CPU time that stands in its notes, in nanoseconds.</summary>
    internal long Noted;

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
                    Computation.Do(runner, (long)step.A0, long.MaxValue);
                    break;
                case ScenarioStepKind.ComputeUntil:
                    Computation.Do(runner, long.MaxValue, (long)step.A0);
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
}
