using System;
using System.Collections.Generic;
using System.Linq;
using Iced.Intel;

namespace Lachesis.Tools.Gates.Code;

/// <summary>
/// Who calls whom in the final machine code. Direct calls and jumps count, and so do functions whose address is taken, since
/// whoever takes it may call it. Indirect calls are listed apart: they say only at run time where they lead.
/// </summary>
public sealed class CallGraph
{
    private readonly MachineCode _code;
    private readonly Dictionary<CodeFunction, CallGraphNode> _nodes = new(ReferenceEqualityComparer.Instance);

    private readonly Dictionary<CodeFunction, bool> _canReturn = new(ReferenceEqualityComparer.Instance);

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
    /// All functions that can be reached from <paramref name="entries"/>, nearest first, each with the one that led to it
    /// (null for an entry), so that a shortest way can be told. What <paramref name="isEnd"/> says are reached, and nothing
    /// by them.
    /// </summary>
    public IReadOnlyDictionary<CodeFunction, CodeFunction?> Reach(
        IEnumerable<CodeFunction> entries, Predicate<CodeFunction>? isEnd = null)
    {
        var reached = new OrderedDictionary<CodeFunction, CodeFunction?>(ReferenceEqualityComparer.Instance);
        var waiting = new Queue<CodeFunction>(entries);
        foreach (CodeFunction entry in waiting)
        {
            reached[entry] = null;
        }

        while (waiting.TryDequeue(out CodeFunction? function))
        {
            foreach (CodeFunction callee in isEnd?.Invoke(function) == true ? [] : NodeOf(function).Callees)
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

    /// <summary>Whether a function can come back to its caller: some way through it leads to a return without a call, or a jump
    /// out of it, that never comes back.</summary>
    public bool CanReturn(CodeFunction function)
    {
        if (!_canReturn.TryGetValue(function, out bool can))
        {
            // While it is being looked at it is taken to return, if it comes round to itself.
            _canReturn[function] = true;
            _canReturn[function] = can = FindsReturn(function);
        }

        return can;
    }

    private bool FindsReturn(CodeFunction function)
    {
        ControlFlow flow = NodeOf(function).Flow;
        var waiting = new Queue<int>([0]);
        var seen = new HashSet<int>(waiting);
        while (waiting.TryDequeue(out int at))
        {
            Instruction instruction = function.Instructions[at];
            bool leaves = instruction.FlowControl is FlowControl.Call or FlowControl.UnconditionalBranch
                && MachineCode.TargetOf(instruction) is { } target && _code.FunctionAt(target) is { } callee && callee != function
                && !CanReturn(callee);
            if (leaves)
            {
                continue;
            }

            if (instruction.FlowControl == FlowControl.Return || (flow.Next(at).Count == 0 && IsJump(instruction)))
            {
                return true;
            }

            foreach (int next in flow.Next(at).Where(seen.Add))
            {
                waiting.Enqueue(next);
            }
        }

        return false;
    }

    private static bool IsJump(in Instruction instruction) =>
        instruction.FlowControl is FlowControl.UnconditionalBranch or FlowControl.IndirectBranch;

    private CallGraphNode Walk(CodeFunction function)
    {
        var callees = new HashSet<CodeFunction>(ReferenceEqualityComparer.Instance);
        var flow = new ControlFlow(_code, function);
        List<Instruction> indirect = [.. flow.Unknown];
        foreach (Instruction instruction in function.Instructions)
        {
            if (MachineCode.TargetOf(instruction) is { } target && _code.FunctionAt(target) is { } callee
                && (!ReferenceEquals(callee, function) || instruction.FlowControl == FlowControl.Call))
            {
                callees.Add(callee);
            }

            if (instruction.FlowControl == FlowControl.IndirectCall)
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

        return new CallGraphNode(callees.OrderBy(callee => callee.Address).ToArray(), flow, indirect);
    }

    private static bool FallsThrough(in Instruction last) => last.FlowControl
        is not (FlowControl.UnconditionalBranch or FlowControl.IndirectBranch or FlowControl.Return or FlowControl.Interrupt
            or FlowControl.Exception);
}
