using Lachesis.Abi;

namespace Lachesis.Scenarios;

/// <summary>What a thread of a scenario wants next.</summary>
public enum ScenarioStepKind : uint
{
    /// <summary>To have its CPU for <see cref="ScenarioStep.A0"/> nanoseconds.</summary>
    Compute,

    /// <summary>To compute until the instant <see cref="ScenarioStep.A0"/>.</summary>
    ComputeUntil,

    /// <summary>A system call.</summary>
    Call,

    /// <summary>One more thread of task <see cref="ScenarioStep.A0"/>.</summary>
    Fork,

    /// <summary>To end.</summary>
    End,
}

/// <summary>What a thread of a scenario wants next, with operands.</summary>
public struct ScenarioStep
{
    /// <summary>What.</summary>
    public ScenarioStepKind Kind;

    /// <summary>Which call.</summary>
    public SystemCall Number;

    /// <summary>First argument.</summary>
    public ulong A0;

    /// <summary>Second argument.</summary>
    public ulong A1;

    /// <summary>Third argument.</summary>
    public ulong A2;

    /// <summary>Fourth argument.</summary>
    public ulong A3;

    internal static ScenarioStep Of(ScenarioStepKind kind, ulong operand = 0)
    {
        ScenarioStep step = default;
        step.Kind = kind;
        step.A0 = operand;
        return step;
    }

    internal static ScenarioStep Call(SystemCall number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        ScenarioStep step = default;
        step.Kind = ScenarioStepKind.Call;
        step.Number = number;
        step.A0 = a0;
        step.A1 = a1;
        step.A2 = a2;
        step.A3 = a3;
        return step;
    }
}
