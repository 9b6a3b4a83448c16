namespace Lachesis.Core.Memory;

/// <summary>How a user page may be used. Every user page is readable; none is both writable and executable.</summary>
[System.Flags]
public enum PageAccess : uint
{
    /// <summary>Data that only can be read.</summary>
    Read = 0,

    /// <summary>Data that can be written.</summary>
    Write = 1,

    /// <summary>Code.</summary>
    Execute = 2,

    /// <summary>The frame belongs to the address space and goes back to the allocator with it (ramdisk pages do
    /// not).</summary>
    Owned = 4,
}
