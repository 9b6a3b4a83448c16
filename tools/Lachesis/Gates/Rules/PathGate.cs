using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using Lachesis.Tools.Gates.Code;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>
/// What is promised about the kernel's paths holds for every function that they can reach: none that is forbidden, no call
/// that only run time decides about, no vector state saved, and every loop and recursion is one whose bound is stated. What
/// is stated and not there is reported too, so that the list stays the list.
/// </summary>
internal sealed class PathGate() : Gate("paths")
{
    protected override string Check(GateInput input)
    {
        var graph = new CallGraph(input.Code);
        string[] looked = input.Profile.Paths.Select(path => CheckPath(input.Code, graph, path)).ToArray();
        return looked.Length == 0 ? "no path is promised anything" : string.Join("; ", looked);
    }

    private string CheckPath(MachineCode code, CallGraph graph, PathPromise path)
    {
        CodeFunction[] entries = Find(code, path.Entries);
        CodeFunction[] alone = Find(code, path.OwnCodeOnly.Keys);
        HashSet<CodeFunction> ends = [.. Find(code, path.NeverReturning.Keys)];
        IReadOnlyDictionary<CodeFunction, CodeFunction?> reached =
            graph.Reach(entries, function => ends.Contains(function) || alone.Contains(function));
        CodeFunction[] walked = reached.Keys.Where(function => !ends.Contains(function)).ToArray();
        CodeFunction[] all = walked.Union(alone).ToArray();

        foreach (CodeFunction end in ends.Where(graph.CanReturn))
        {
            Report(end.SourceName, $"the path {path.Name} is said to end here, but it can return");
        }

        foreach (Forbidden forbidden in path.Forbidden)
        {
            CheckForbidden(code, graph, path, forbidden, reached, walked.Except(alone).ToArray());
        }

        CheckInstructions(graph, path, all);
        int loops = CheckLoops(graph, path, all);
        foreach (string finding in new RecursionSearch(graph, path, walked.Except(alone).ToArray()).Findings())
        {
            Report(path.Name, finding);
        }

        return $"{path.Name}: {entries.Length} entry points, {walked.Length} functions reached, {alone.Length} looked at alone, "
            + $"{loops} loops with {path.Bounds.Count} bounds";
    }

    private CodeFunction[] Find(MachineCode code, IEnumerable<SymbolPattern> patterns)
    {
        var found = new List<CodeFunction>();
        foreach (SymbolPattern pattern in patterns)
        {
            CodeFunction[] matches = code.Functions.Where(pattern.MatchesSourceOf).ToArray();
            found.AddRange(matches);
            if (matches.Length == 0)
            {
                Report(pattern.Text, "names no function of the image");
            }
        }

        return found.Distinct().ToArray();
    }

    // Who calls a forbidden function is at fault, unless excused; that forbidden ones call each other says nothing.
    private void CheckForbidden(
        MachineCode code, CallGraph graph, PathPromise path, Forbidden forbidden,
        IReadOnlyDictionary<CodeFunction, CodeFunction?> reached, CodeFunction[] callers)
    {
        HashSet<CodeFunction> forbiddenOnes = [.. Find(code, forbidden.Functions)];
        HashSet<SymbolPattern> unused = [.. forbidden.Except.Keys];
        foreach (CodeFunction caller in callers.Where(caller => !forbiddenOnes.Contains(caller)))
        {
            foreach (CodeFunction callee in graph.NodeOf(caller).Callees.Where(forbiddenOnes.Contains))
            {
                SymbolPattern[] excuses = forbidden.Except.Keys.Where(pattern => pattern.MatchesSourceOf(caller)).ToArray();
                unused.ExceptWith(excuses);
                if (excuses.Length == 0)
                {
                    IEnumerable<string> way = CallGraph.PathTo(reached, caller).Append(callee).Select(step => step.SourceName);
                    Report(callee.SourceName, $"{forbidden.What} on the path {path.Name}: {string.Join(" > ", way)}");
                }
            }
        }

        foreach (CodeFunction entry in callers.Where(caller => forbiddenOnes.Contains(caller) && reached[caller] is null))
        {
            Report(entry.SourceName, $"{forbidden.What} on the path {path.Name}: it begins here");
        }

        foreach (SymbolPattern pattern in unused)
        {
            Report(pattern.Text, $"is excused for {forbidden.What} on the path {path.Name}, and does not need it");
        }
    }

    private void CheckInstructions(CallGraph graph, PathPromise path, CodeFunction[] functions)
    {
        foreach (CodeFunction function in functions)
        {
            CallGraphNode node = graph.NodeOf(function);
            foreach (Instruction instruction in node.Indirect)
            {
                Report(Place(function, instruction), $"is on the path {path.Name}, and may lead anywhere: {instruction}");
            }

            foreach (Instruction instruction in new VectorUse(function, node.Flow).Saves())
            {
                Report(Place(function, instruction), $"saves vector state on the path {path.Name}: {instruction}");
            }
        }
    }

    private int CheckLoops(CallGraph graph, PathPromise path, CodeFunction[] functions)
    {
        int count = 0;
        HashSet<SymbolPattern> unused = [.. path.Loops.Keys];
        foreach (CodeFunction function in functions)
        {
            IReadOnlyList<Instruction> heads = graph.NodeOf(function).Flow.LoopHeads;
            SymbolPattern[] stated = path.Loops.Keys.Where(pattern => pattern.MatchesSourceOf(function)).ToArray();
            unused.ExceptWith(stated);
            count += heads.Count;
            int bounds = stated.Sum(pattern => path.Loops[pattern].Count);
            if (heads.Count != bounds)
            {
                string where = string.Concat(heads.Select(head => $" +0x{head.IP - function.Address:x}"));
                Report(function.SourceName,
                    $"{heads.Count} loops on the path {path.Name}, bounds are stated of {bounds}; they begin at{where}");
            }
        }

        foreach (SymbolPattern pattern in unused)
        {
            Report(pattern.Text, $"has loops stated for the path {path.Name}, which does not reach it");
        }

        return count;
    }

    private static string Place(CodeFunction function, in Instruction instruction) =>
        instruction.IP == function.Address ? function.SourceName : $"{function.SourceName}+0x{instruction.IP - function.Address:x}";
}
