using System.Runtime.InteropServices;
using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>A message as it is sent or was received. Longer ones, and capabilities, go through the thread's buffer too.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Message
{
    /// <summary>What it is made of: see <see cref="MessageTag"/>. The stub boot/UserObject.cs goes by the order of these
    /// fields.</summary>
    public ulong Tag;

    /// <summary>The first word.</summary>
    public ulong Word0;

    /// <summary>The second word.</summary>
    public ulong Word1;

    /// <summary>The third word.</summary>
    public ulong Word2;

    /// <summary>The fourth word.</summary>
    public ulong Word3;

    /// <summary>Of what was received: the badge of the capability that it was sent with; or the signals.</summary>
    public ulong Badge;

    /// <summary>A message of one word.</summary>
    public static Message Of(ulong word) => new() { Tag = 1, Word0 = word };

    /// <summary>A message of two words.</summary>
    public static Message Of(ulong first, ulong second) => new() { Tag = 2, Word0 = first, Word1 = second };
}
