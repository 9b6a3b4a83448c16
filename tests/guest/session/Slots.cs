using Lachesis.Abi;

namespace Lachesis.SessionSmoke;

/// <summary>Where the processes of this smoke find what they are given.</summary>
internal static class Slots
{
    /// <summary>The endpoint of the <see cref="Desk"/>.</summary>
    internal const uint Desk = BootHandle.FirstFree;

    /// <summary>An endpoint at which nobody receives.</summary>
    internal const uint Silent = BootHandle.FirstFree + 1;

    /// <summary>A session.</summary>
    internal const uint Session = BootHandle.FirstFree + 2;
}
