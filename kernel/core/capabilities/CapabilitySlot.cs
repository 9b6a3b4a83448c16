using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;

namespace Lachesis.Core.Capabilities;

/// <summary>
/// One capability: the object that it names, what it lets its holder do, and where it stands in the tree of derivations. One
/// cache line.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
public unsafe struct CapabilitySlot
{
    /// <summary>The object, where the kind has objects.</summary>
    public ObjectRef Object;

    /// <summary>What kind of object; <see cref="ObjectKind.None"/> when free.</summary>
    public ObjectKind Kind;

    /// <summary>What it lets its holder do.</summary>
    public Rights Rights;

    /// <summary>The handle that names it; while free, the one that will, or none ever (<see
    /// cref="CapabilitySpace.FirstRetiredHandle"/>). Where in its space the slot is, which never changes, and above that its life, which only
    /// grows: so who finds a handle here that named a capability knows that it still does.</summary>
    public uint Handle;

    /// <summary>Shown to whoever receives through the object what was sent with this capability. While free: address of the
    /// next free slot, or 0.</summary>
    public ulong Badge;

    /// <summary>Whose space the slot is in; never changes.</summary>
    public Process* Owner;

    /// <summary>First of the capabilities derived from this one, or null.</summary>
    public CapabilitySlot* FirstChild;

    /// <summary>Last of the capabilities derived from this one, or null.</summary>
    public CapabilitySlot* LastChild;

    /// <summary>The next sibling; of the last one the parent, with bit 0 set.</summary>
    public ulong Next;

    /// <summary>The previous sibling; of the first one the parent, with bit 0 set.</summary>
    public ulong Previous;

    /// <summary>Whether there is a capability in it, and that is its handle.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsNamedBy(ulong handle) => Kind != ObjectKind.None && Handle == handle;

    /// <summary>Whether it has all of these rights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool HasRights(Rights needed) => (Rights & needed) == needed;
}
