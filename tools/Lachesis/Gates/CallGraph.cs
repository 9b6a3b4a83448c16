using System.Collections.Generic;
using System.Linq;
using Iced.Intel;

namespace Lachesis.Tools.Gates;

/// <summary>
/// Who calls whom in the final machine code. Direct calls and jumps count, and so do functions whose address is taken, since
/// whoever takes it may call it. Indirect calls are listed apart: they say only at run time where they lead.
/// </summary>
public sealed class CallGraph
{
    private readonly MachineCode _code;
    private readonly Dictionary<CodeFunction, CallGraphNode> _nodes = new(ReferenceEqualityComparer.Instance);

    /// <summary>Over the code of an image.</summary>
    public CallGraph(MachineCode code) => _code = code;

    /// <summary>What one function calls.</summary>
    public CallGraphNode NodeOf(CodeFunction function)
    {
        if (!_nodes.TryGetValue(function, out CallGraphNode? node))
        {
            node = Walk(function);
            _nodes.Add(function, node);
        }

        return node;
    }

    /// <summary>
    /// All functions that can be reached from <paramref name="entry"/>, nearest first, each with the one that led to it
    /// (null for the entry itself), so that a shortest way can be told.
    /// </summary>
    public IReadOnlyDictionary<CodeFunction, CodeFunction?> Reach(CodeFunction entry)
    {
        var reached = new Dictionary<CodeFunction, CodeFunction?>(ReferenceEqualityComparer.Instance) { [entry] = null };
        var waiting = new Queue<CodeFunction>([entry]);
        while (waiting.TryDequeue(out CodeFunction? function))
        {
            foreach (CodeFunction callee in NodeOf(function).Callees)
            {
                if (reached.TryAdd(callee, function))
                {
                    waiting.Enqueue(callee);
                }
            }
        }

        return reached;
    }

    /// <summary>The way that led to a function: entry first.</summary>
    public static IReadOnlyList<CodeFunction> PathTo(
        IReadOnlyDictionary<CodeFunction, CodeFunction?> reached, CodeFunction function)
    {
        var path = new List<CodeFunction>();
        for (CodeFunction? at = function; at is not null; at = reached[at])
        {
            path.Insert(0, at);
        }

        return path;
    }

    private CallGraphNode Walk(CodeFunction function)
    {
        var callees = new HashSet<CodeFunction>(ReferenceEqualityComparer.Instance);
        var indirect = new List<Instruction>();
        for (int i = 0; i < function.Instructions.Count; i++)
        {
            Instruction instruction = function.Instructions[i];
            if (MachineCode.TargetOf(instruction) is { } target && _code.FunctionAt(target) is { } callee
                && !ReferenceEquals(callee, function))
            {
                callees.Add(callee);
            }

            if (IsIndirect(instruction) && !IsSwitch(function, i))
            {
                indirect.Add(instruction);
            }
        }

        // A function that does not end in a jump or return runs on into the next one.
        if (function.Instructions.Count > 0 && FallsThrough(function.Instructions[^1])
            && _code.FunctionAt(function.Address + function.Size) is { } next)
        {
            callees.Add(next);
        }

        return new CallGraphNode(callees.OrderBy(callee => callee.Address).ToArray(), indirect);
    }

    private static bool FallsThrough(in Instruction last) => last.FlowControl
        is not (FlowControl.UnconditionalBranch or FlowControl.IndirectBranch or FlowControl.Return or FlowControl.Interrupt
            or FlowControl.Exception);

    private static bool IsIndirect(in Instruction instruction) =>
        instruction.FlowControl is FlowControl.IndirectCall or FlowControl.IndirectBranch;

    // The compiler's jump through a switch table: the offset from the table is added to the function's start, so it stays
    // inside. add r, s; jmp r.
    private static bool IsSwitch(CodeFunction function, int index)
    {
        Instruction jump = function.Instructions[index];
        if (index == 0 || jump.FlowControl != FlowControl.IndirectBranch || jump.Op0Kind != OpKind.Register)
        {
            return false;
        }

        Instruction before = function.Instructions[index - 1];
        return before.Mnemonic == Mnemonic.Add && before.Op0Kind == OpKind.Register && before.Op0Register == jump.Op0Register
            && before.Op1Kind == OpKind.Register;
    }
}
