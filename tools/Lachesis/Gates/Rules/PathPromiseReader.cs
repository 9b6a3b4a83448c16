using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Gates.Code;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>Reads a path's promise from its file.</summary>
public static class PathPromiseReader
{
    private const int Most = 1000;
    private const string Name = "name";
    private const string Entries = "entries";
    private const string Alone = "alone";
    private const string Ends = "ends";
    private const string Forbid = "forbidden";
    private const string Bounds = "bounds";
    private const string Loops = "loops";
    private const string Recursion = "recursion";
    private const string What = "what";
    private const string Functions = "functions";
    private const string Except = "except";

    /// <summary>Reads a file.</summary>
    /// <exception cref="ManifestException">It cannot be read, or does not say what it should, and where.</exception>
    public static PathPromise Load(string path) => JsonText.Load(path, Read);

    private static PathPromise Read(ManifestNode root)
    {
        Dictionary<string, ManifestNode> fields = root.Fields(
            [Name, Entries, Alone, Ends, Forbid, Bounds, Loops, Recursion],
            [Name, Entries, Alone, Ends, Forbid, Bounds, Loops, Recursion]);
        var bounds = fields[Bounds].Properties("bounds by name").ToDictionary(bound => bound.Name, bound => bound.Value.Text());
        return new PathPromise
        {
            Name = fields[Name].Text(),
            Entries = Patterns(fields[Entries]),
            OwnCodeOnly = Reasons(fields[Alone]),
            NeverReturning = Reasons(fields[Ends]),
            Forbidden = fields[Forbid].Items(1, Most).Select(ReadForbidden).ToArray(),
            Bounds = bounds,
            Loops = ReadLoops(fields[Loops], bounds),
            Recursion = Reasons(fields[Recursion]),
        };
    }

    private static Forbidden ReadForbidden(ManifestNode node)
    {
        Dictionary<string, ManifestNode> fields = node.Fields([What, Functions, Except], [What, Functions, Except]);
        return new Forbidden(fields[What].Text(), Patterns(fields[Functions]), Reasons(fields[Except]));
    }

    private static Dictionary<SymbolPattern, IReadOnlyList<string>> ReadLoops(
        ManifestNode node, Dictionary<string, string> bounds)
    {
        var unused = new HashSet<string>(bounds.Keys);
        var loops = new Dictionary<SymbolPattern, IReadOnlyList<string>>();
        foreach ((string name, ManifestNode value) in node.Properties("the bounds of each function's loops"))
        {
            var names = new List<string>();
            foreach (ManifestNode item in value.Items(1, Most))
            {
                names.Add(item.Text());
                unused.Remove(item.Text());
                if (!bounds.ContainsKey(item.Text()))
                {
                    throw item.NotOneOf(item.Text(), "a bound", bounds.Keys);
                }
            }

            Add(node, loops, name, names);
        }

        return unused.Count == 0 ? loops : throw node.Error($"no loop has the bound '{unused.Order().First()}'");
    }

    private static IReadOnlyList<SymbolPattern> Patterns(ManifestNode node) =>
        node.Distinct(1, Most, static item => new SymbolPattern(item.Text()));

    private static Dictionary<SymbolPattern, string> Reasons(ManifestNode node)
    {
        var reasons = new Dictionary<SymbolPattern, string>();
        foreach ((string name, ManifestNode value) in node.Properties("functions, each with the reason"))
        {
            Add(node, reasons, name, value.Text());
        }

        return reasons;
    }

    private static void Add<T>(ManifestNode node, Dictionary<SymbolPattern, T> all, string name, T value)
    {
        if (!all.TryAdd(new SymbolPattern(name), value))
        {
            throw node.Error($"'{name}' occurs twice");
        }
    }
}
