using System.Runtime;

namespace Lachesis.Empty;

/// <summary>The least that a program can do: for measuring what starting and ending one costs.</summary>
internal static class Empty
{
    [RuntimeExport("program_main")]
    internal static ulong Main() => 0;
}
