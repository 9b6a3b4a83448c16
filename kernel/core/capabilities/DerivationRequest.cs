using Lachesis.Abi;
using Lachesis.Core.Processes;

namespace Lachesis.Core.Capabilities;

/// <summary>One capability to be derived from another.</summary>
public unsafe struct DerivationRequest
{
    /// <summary>Whose capability it is derived from.</summary>
    public Process* SourceProcess;

    /// <summary>That capability, by its handle there.</summary>
    public ulong SourceHandle;

    /// <summary>The rights that it gets: some of its source's, or <see cref="Rights.Same"/>.</summary>
    public Rights RightsMask;

    /// <summary>The badge that it gets; 0: its source's.</summary>
    public ulong Badge;

    /// <summary>Who gets it. The caller sees to it that this process is not freed meanwhile.</summary>
    public Process* TargetProcess;

    /// <summary>The free slot, taken before, that it gets there; null: any.</summary>
    public CapabilitySlot* TargetSlot;

    /// <summary>The handle that it got.</summary>
    public ulong NewHandle;

    /// <summary>
    /// Whether it may be derived from <paramref name="source"/>, which may be null, and with which rights. <see
    /// cref="Error.StaleHandle"/>, <see cref="Error.MissingRight"/>, <see cref="Error.BadArgument"/> for a badge.
    /// </summary>
    public readonly Error CheckSource(CapabilitySlot* source, out Rights rights)
    {
        rights = default;
        if (source == null)
        {
            return Error.StaleHandle;
        }

        rights = RightsMask == Rights.Same ? source->Rights : RightsMask;
        if ((rights & ~source->Rights) != 0)
        {
            return Error.MissingRight;
        }

        bool badged = Badge == 0 || (source->Badge == 0 && source->Kind is ObjectKind.Endpoint or ObjectKind.Notification);
        return badged ? Error.None : Error.BadArgument;
    }
}
