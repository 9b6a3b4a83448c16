using System.Collections.Generic;
using System.Linq;
using Iced.Intel;

namespace Lachesis.Tools.Gates.Code;

/// <summary>
/// Where control can go within one function, instruction by instruction. A call is taken to come back, and what leaves the
/// function leads nowhere in it.
/// </summary>
public sealed class ControlFlow
{
    private readonly CodeFunction _function;
    private readonly List<int>[] _next;
    private readonly List<Instruction> _unknown = [];

    /// <summary>Of a function of an image.</summary>
    public ControlFlow(MachineCode code, CodeFunction function)
    {
        _function = function;
        _next = new List<int>[function.Instructions.Count];
        for (int at = 0; at < _next.Length; at++)
        {
            _next[at] = NextOf(code, at);
        }

        LoopHeads = FindLoopHeads();
    }

    /// <summary>Jumps to wherever a register or memory says, and no table of the function tells.</summary>
    public IReadOnlyList<Instruction> Unknown => _unknown;

    /// <summary>
    /// The first instructions of the function's loops, in ascending addresses, and each instruction that repeats itself (a
    /// string instruction with a prefix). Every way that leads round in the function comes through one of them.
    /// </summary>
    public IReadOnlyList<Instruction> LoopHeads { get; }

    /// <summary>The instructions that may come next, as indices.</summary>
    public IReadOnlyList<int> Next(int at) => _next[at];

    private List<int> NextOf(MachineCode code, int at)
    {
        Instruction instruction = _function.Instructions[at];
        var next = new List<int>();
        switch (instruction.FlowControl)
        {
            case FlowControl.UnconditionalBranch:
                AddTarget(next, instruction);
                return next;
            case FlowControl.IndirectBranch:
                AddTable(code, next, at);
                return next;
            case FlowControl.Return:
            case FlowControl.Interrupt:
            case FlowControl.Exception:
                return next;
            case FlowControl.ConditionalBranch:
                AddTarget(next, instruction);
                break;
        }

        if (at + 1 < _next.Length)
        {
            next.Add(at + 1);
        }

        return next;
    }

    private void AddTarget(List<int> next, in Instruction branch)
    {
        if (_function.IndexOf(branch.NearBranchTarget) is { } target)
        {
            next.Add(target);
        }
    }

    private void AddTable(MachineCode code, List<int> next, int jump)
    {
        if (SwitchTable.TargetsOf(code, _function, jump) is { } targets)
        {
            next.AddRange(targets);
        }
        else
        {
            _unknown.Add(_function.Instructions[jump]);
        }
    }

    // Depth first from the entry: an edge to an instruction whose search has not ended closes a cycle, and each cycle has one.
    private Instruction[] FindLoopHeads()
    {
        var heads = new SortedSet<int>();
        var entered = new bool[_next.Length];
        var left = new bool[_next.Length];
        var path = new Stack<(int At, int Edge)>();
        if (_next.Length > 0)
        {
            entered[0] = true;
            path.Push((0, 0));
        }

        while (path.TryPop(out (int At, int Edge) step))
        {
            if (step.Edge == _next[step.At].Count)
            {
                left[step.At] = true;
                continue;
            }

            path.Push(step with { Edge = step.Edge + 1 });
            int target = _next[step.At][step.Edge];
            if (!entered[target])
            {
                entered[target] = true;
                path.Push((target, 0));
            }
            else if (!left[target])
            {
                heads.Add(target);
            }
        }

        IEnumerable<int> repeated = Enumerable.Range(0, _next.Length).Where(at => entered[at] && IsRepeated(_function.Instructions[at]));
        return heads.Union(repeated).Order().Select(at => _function.Instructions[at]).ToArray();
    }

    private static bool IsRepeated(in Instruction instruction) =>
        instruction.IsStringInstruction && (instruction.HasRepPrefix || instruction.HasRepnePrefix);
}
