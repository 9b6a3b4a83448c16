using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Caps;

/// <summary>What a minted, moved or deleted capability is.</summary>
internal static unsafe class MintChecks
{
    internal static void Run()
    {
        CheckRights();
        CheckBadges();
        CheckMoves();
        CheckDeletes();
    }

    private static void CheckRights()
    {
        bool exact = true;
        bool grown = false;
        for (Rights own = Rights.None; own <= Rights.All; own++)
        {
            ulong source = Sys.CapabilityMint(BootHandle.Machine, own).Value;
            for (Rights mask = Rights.None; mask <= Rights.All; mask++)
            {
                SystemResult made = Sys.CapabilityMint(source, mask);
                bool allowed = (mask & ~own) == 0;
                exact &= allowed ? made.Error == Error.None && Is(made.Value, ObjectKind.Machine, mask)
                    : made.Error == Error.MissingRight;
                grown |= made.Error == Error.None && !allowed;
            }

            SystemResult copy = Sys.CapabilityCopy(source);
            exact &= copy.Error == Error.None && Is(copy.Value, ObjectKind.Machine, own);
        }

        exact &= Sys.CapabilityRevoke(BootHandle.Machine) == Error.None;
        Report.Check(exact, "a minted capability has the rights asked for, and asking for more gives MissingRight");
        Report.Check(!grown, "rights never grow");
        Report.Check(
            Sys.CapabilityMint(BootHandle.Machine, (Rights)16).Error == Error.BadArgument,
            "a right that does not exist gives BadArgument");
    }

    private static void CheckBadges()
    {
        bool refused = Sys.CapabilityMint(BootHandle.Log, Rights.Same, 1).Error == Error.BadArgument
            && Sys.CapabilityMint(BootHandle.MainThread, Rights.Same, ulong.MaxValue).Error == Error.BadArgument;
        Report.Check(refused, "only endpoints and notifications take a badge");
        SystemResult badge = Sys.CapabilityInspect(BootHandle.Log, CapabilityAspect.Badge);
        Report.Check(badge.Error == Error.None && badge.Value == 0, "a capability that was given no badge has none");
    }

    private static void CheckMoves()
    {
        ulong first = Sys.CapabilityMint(BootHandle.MainThread, Rights.Read).Value;
        ulong below = Sys.CapabilityCopy(first).Value;
        SystemResult moved = Sys.CapabilityMove(first);
        bool right = moved.Error == Error.None && Is(moved.Value, ObjectKind.Thread, Rights.Read)
            && Sys.ThreadRuntime(moved.Value).Error == Error.None && Sys.ThreadRuntime(first).Error == Error.StaleHandle
            && Sys.CapabilityMove(first).Error == Error.StaleHandle;
        Report.Check(right, "a moved capability works under its new handle, and its old one is stale");
        Sys.CapabilityRevoke(moved.Value);
        bool followed = Sys.ThreadRuntime(below).Error == Error.StaleHandle;
        Sys.CapabilityRevoke(BootHandle.MainThread);
        followed &= Sys.ThreadRuntime(moved.Value).Error == Error.StaleHandle;
        Report.Check(followed, "what was derived from it, and what it was derived from, stay so");
    }

    private static void CheckDeletes()
    {
        ulong middle = Sys.CapabilityCopy(BootHandle.MainThread).Value;
        ulong below = Sys.CapabilityCopy(middle).Value;
        bool stays = Sys.CapabilityDelete(middle) == Error.None && Sys.ThreadRuntime(below).Error == Error.None;
        Report.Check(stays, "what was derived from a deleted capability stays");
        Sys.CapabilityRevoke(BootHandle.MainThread);
        Report.Check(Sys.ThreadRuntime(below).Error == Error.StaleHandle, "and revoking at its source reaches it");
    }

    private static bool Is(ulong handle, ObjectKind kind, Rights rights)
    {
        SystemResult told = Sys.CapabilityInspect(handle, CapabilityAspect.KindAndRights);
        return told.Error == Error.None && told.Value == ((ulong)kind | ((ulong)rights << 8));
    }
}
