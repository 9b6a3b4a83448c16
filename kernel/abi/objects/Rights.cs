namespace Lachesis.Abi;

/// <summary>What a capability lets its holder do with the object. What each right means for each kind of object,
/// docs/capabilities.md says.</summary>
[System.Flags]
public enum Rights : byte
{
    /// <summary>Nothing but to hold it.</summary>
    None = 0,

    /// <summary>To learn from it: receive, wait, join, read.</summary>
    Read = 1,

    /// <summary>To tell it something: send, signal, answer, print.</summary>
    Write = 2,

    /// <summary>To pass capabilities along with messages.</summary>
    Grant = 4,

    /// <summary>To change or end it.</summary>
    Control = 8,

    /// <summary>All of them.</summary>
    All = Read | Write | Grant | Control,

    /// <summary>In a mask: those of the capability that is derived from, whatever they are.</summary>
    Same = 0xFF,
}
