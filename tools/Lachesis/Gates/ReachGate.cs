using System.Collections.Generic;
using System.Linq;
using Iced.Intel;

namespace Lachesis.Tools.Gates;

/// <summary>From the named entry points, none of the forbidden functions can be reached by any path of calls.</summary>
internal sealed class ReachGate() : Gate("reach")
{
    protected override string Check(GateInput input)
    {
        var graph = new CallGraph(input.Code);
        int entries = 0;
        int functions = 0;
        foreach (ReachRule rule in input.Profile.NoReach)
        {
            CodeFunction[] found = input.Code.Functions.Where(function => function.Names.Any(rule.From.Matches)).ToArray();
            if (found.Length == 0)
            {
                Report(rule.From.Text, "names no function of the image");
            }

            entries += found.Length;
            foreach (CodeFunction entry in found)
            {
                IReadOnlyDictionary<CodeFunction, CodeFunction?> reached = graph.Reach(entry);
                functions += reached.Count;
                CheckReached(input.Profile, rule, graph, reached);
            }
        }

        return $"{input.Profile.NoReach.Count} rules, {entries} entry points, {functions} functions reached";
    }

    private void CheckReached(
        GateProfile profile, ReachRule rule, CallGraph graph, IReadOnlyDictionary<CodeFunction, CodeFunction?> reached)
    {
        foreach (CodeFunction function in reached.Keys)
        {
            if (function.Names.Any(rule.Forbidden.Matches))
            {
                string path = string.Join(" > ", CallGraph.PathTo(reached, function).Select(step => step.Name));
                Report(function.Name, $"is reached: {path}");
            }

            bool known = function.Names.Any(name => profile.KnownIndirect.Any(pattern => pattern.Matches(name)));
            foreach (Instruction instruction in known ? [] : graph.NodeOf(function).Indirect)
            {
                Report(function.At(instruction.IP), $"is reached from {rule.From}, and may lead anywhere: {instruction}");
            }
        }
    }
}
