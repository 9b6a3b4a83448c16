using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>Handles that a worker was given, what they named then, and handles that were never any good.</summary>
internal unsafe struct Handles
{
    private const int Most = 48;

    private fixed uint _handles[Most];
    private fixed byte _kinds[Most];

    /// <summary>Keeps one in place of another.</summary>
    internal void Remember(ulong handle, ref Random random)
    {
        SystemResult known = Sys.CapabilityInspect(handle, CapabilityAspect.KindAndRights);
        uint place = (uint)random.Below(Most);
        _handles[place] = (uint)handle;
        _kinds[place] = (byte)known.Value;
    }

    /// <summary>One that may name such an object; or anything at all.</summary>
    internal ulong Pick(ObjectKind kind, ref Random random)
    {
        ulong dice = random.Below(100);
        if (dice < 60)
        {
            return OfKind(kind, ref random);
        }

        ulong any = _handles[random.Below(Most)];
        return dice < 75 ? any
            : dice < 90 ? random.Below(BootHandle.Count)
            : dice < 93 ? any ^ (1ul << (int)(8 + random.Below(56)))
            : dice < 96 ? random.Next()
            : random.Next() >> (int)random.Below(64);
    }

    // Those of the start stand where the supervisor put them.
    private ulong OfKind(ObjectKind kind, ref Random random)
    {
        uint from = (uint)random.Below(Most);
        for (uint i = 0; i < Most; i++)
        {
            uint place = (from + i) % Most;
            if ((ObjectKind)_kinds[place] == kind)
            {
                return _handles[place];
            }
        }

        return kind switch
        {
            ObjectKind.Thread => BootHandle.MainThread,
            ObjectKind.Log => BootHandle.Log,
            ObjectKind.Report => BootHandle.Report,
            ObjectKind.Programs => BootHandle.Spawn,
            ObjectKind.Machine => BootHandle.Machine,
            ObjectKind.Policy => BootHandle.Policy,
            ObjectKind.Endpoint => BootHandle.FirstFree + random.Below(2),
            ObjectKind.Notification => BootHandle.FirstFree + 2,
            _ => BootHandle.Process,
        };
    }
}
