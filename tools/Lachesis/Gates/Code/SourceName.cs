using System.Text.RegularExpressions;

namespace Lachesis.Tools.Gates.Code;

/// <summary>
/// The C# name of a function, from the compiler's: <c>kernel_Lachesis_Core_Ipc_Ipc_1&lt;...&gt;__Answer</c> is
/// <c>Ipc.ReplyToCaller</c>. Stubs keep their names.
/// </summary>
public static partial class SourceName
{
    /// <summary>The name for a symbol.</summary>
    public static string Of(string symbol)
    {
        string plain = Arguments().Replace(symbol, "");
        int method = plain.IndexOf("__", 1, System.StringComparison.Ordinal);
        return method > 0 && plain.IndexOf('_') < method
            ? $"{Arity().Replace(plain[..method], "").Split('_')[^1]}.{plain[(method + 2)..]}"
            : symbol;
    }

    // Generic arguments, of the type or of the method.
    [GeneratedRegex("<.*?>(?=__|$)")]
    private static partial Regex Arguments();

    // The number of the type's parameters.
    [GeneratedRegex(@"_\d+$")]
    private static partial Regex Arity();
}
