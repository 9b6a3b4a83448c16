using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Objects;

namespace Lachesis.Core.Wait;

/// <summary>What an endpoint is, and a notification begins with: a pooled object at which threads wait.</summary>
/// <remarks>
/// Memory of the pool keeps its type: a CPU that still holds a pointer to one that was freed may take its lock, and finds a
/// thread of its own in it, or nothing.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 64)]
public unsafe struct WaitableObject
{
    /// <summary>The pool's part.</summary>
    public ObjectHeader Header;

    /// <summary>Who waits, the more urgent first; all to send or all to receive.</summary>
    public WaitQueue Queue;

    /// <summary>Once destroyed: the next that this CPU still has waiters of to tell.</summary>
    public WaitableObject* NextToDestroy;

    /// <summary>Endpoint or notification.</summary>
    public ObjectKind Kind;
}
