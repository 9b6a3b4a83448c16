using System.Collections.Generic;
using System.Linq;
using Iced.Intel;

namespace Lachesis.Tools.Gates.Code;

/// <summary>One function of an image, decoded.</summary>
/// <param name="Names">Its symbols; some functions have several.</param>
/// <param name="Address">Where it starts.</param>
/// <param name="Size">Bytes, by its symbol.</param>
/// <param name="Bitness">The mode that it runs in: 16, 32 or 64.</param>
/// <param name="Instructions">Its instructions, up to the first bytes that are none.</param>
/// <param name="DecodeError">Where these bytes are; null if there are none.</param>
public sealed record CodeFunction(
    IReadOnlyList<string> Names, ulong Address, ulong Size, int Bitness, IReadOnlyList<Instruction> Instructions,
    ulong? DecodeError)
{
    /// <summary>The name that it goes by.</summary>
    public string Name => Names[0];

    /// <summary>The names that people know it by: type and method, or what a stub is called.</summary>
    public IReadOnlyList<string> SourceNames { get; } = Names.Select(Code.SourceName.Of).ToArray();

    /// <summary>The one of them that it goes by.</summary>
    public string SourceName => SourceNames[0];

    /// <summary>The index of the instruction that begins at an address; null if none does.</summary>
    public int? IndexOf(ulong address)
    {
        int low = 0;
        int high = Instructions.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            ulong found = Instructions[middle].IP;
            if (found == address)
            {
                return middle;
            }

            (low, high) = found < address ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>A place in it, as people write it.</summary>
    public string At(ulong address) => address == Address ? Name : $"{Name}+0x{address - Address:x}";
}
