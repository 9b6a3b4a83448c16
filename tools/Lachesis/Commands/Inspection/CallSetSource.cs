using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Lachesis.Abi;

namespace Lachesis.Tools.Commands.Inspection;

/// <summary>The source file of the sets of calls that the kernel uses: constants, as no code computes them at its start.</summary>
public static class CallSetSource
{
    private const string Heading = """
        namespace Lachesis.Abi;

        /// <summary>The calls with each trait that the kernel asks for: a bit each by number, 0 .. 63 in Low, 64 .. 127 in High.</summary>
        /// <remarks>Printed by <c>lachesis calls --sets</c> from <see cref="SystemCallTable"/>, to which a test holds it; do not
        /// edit.</remarks>
        public static class CallSets
        {
        """;

    private static readonly CallTraits[] s_traits =
        [CallTraits.InRing, CallTraits.PassesMessage, CallTraits.ReturnsMessage, CallTraits.EndsBatch];

    /// <summary>The traits of each call, as the table has them.</summary>
    public static IEnumerable<(SystemCall Call, CallTraits Traits)> Rows =>
        CallTable.Calls.Select(call => (call, SystemCallTable.Of(call).Traits));

    /// <summary>The file for calls with these traits.</summary>
    public static string Print(IEnumerable<(SystemCall Call, CallTraits Traits)> rows)
    {
        var text = new StringBuilder(Heading).Append('\n');
        foreach (CallTraits trait in s_traits)
        {
            CallSet calls = rows.Where(row => (row.Traits & trait) != 0)
                .Aggregate(default(CallSet), (set, row) => set.Union(CallSet.Of(row.Call)));
            text.Append(trait == s_traits[0] ? "" : "\n").Append(Constant(trait, "Low", calls.Low)).Append('\n');
            text.Append(Constant(trait, "High", calls.High));
        }

        return text.Append("}\n").ToString();
    }

    private static string Constant(CallTraits trait, string word, ulong bits) => string.Create(
        CultureInfo.InvariantCulture,
        $"    /// <summary><see cref=\"CallTraits.{trait}\"/>.</summary>\n    public const ulong {trait}{word} = 0x{bits:X16};\n");
}
