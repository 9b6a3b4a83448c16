using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>Arguments of a call, good and bad ones. None of them looks like a secret, and those that another process may get
/// to see do not look like an address of the kernel's either.</summary>
internal readonly unsafe ref struct Arguments
{
    private readonly Worker* _worker;
    private readonly CallSignature _shape;

    internal Arguments(Worker* worker, in CallSignature shape)
    {
        _worker = worker;
        _shape = shape;
    }

    /// <summary>An argument by its place.</summary>
    internal ulong Choose(uint place, ref Random random)
    {
        CallArgument argument = _shape.Argument(place);
        return argument.Kind switch
        {
            ArgumentKind.Handle => argument.IsOptional && random.Below(8) == 0
                ? 0 : _worker->Handles.Pick(argument.Object, ref random),
            ArgumentKind.HandlePair => Pair(argument, ref random),
            ArgumentKind.Number => Number(argument.Lowest, argument.Highest, ref random),
            ArgumentKind.Cpu => Number(0, 1, ref random),
            ArgumentKind.CpuMask => Number(1, 3, ref random),
            ArgumentKind.RightsMask => random.Below(3) == 0 ? (ulong)Rights.Same : Number(0, 15, ref random),
            ArgumentKind.Instant => Instant(ref random),
            ArgumentKind.Deadline => random.Below(30) == 0 ? 0 : Instant(ref random),
            ArgumentKind.Period => random.Below(2) == 0 ? 0
                : Number(CallLimits.MinTimerPeriodNs * 20, CallLimits.MaxTimerPeriodNs, ref random),
            ArgumentKind.Bits or ArgumentKind.None => random.Next() >> (int)(16 + random.Below(48)),
            _ => Address(argument, ref random),
        };
    }

    /// <summary>A tag of a message. Most are not to wait: few would meet anybody.</summary>
    internal static uint Tag(ref Random random)
    {
        if (random.Below(10) == 0)
        {
            return (uint)random.Next();
        }

        ulong words = random.Below(4) == 0 ? random.Below(IpcBuffer.MaxWords + 2) : random.Below(5);
        ulong capabilities = random.Below(4) == 0 ? random.Below(IpcBuffer.MaxCapabilities + 1) : 0;
        uint wait = random.Below(8) switch
        {
            0 => MessageTag.HasDeadline,
            1 or 2 => 0,
            _ => MessageTag.NoWait,
        };
        return (uint)words | (uint)capabilities << MessageTag.CapabilitiesShift | wait;
    }

    private ulong Pair(CallArgument argument, ref Random random)
    {
        ulong lower = _worker->Handles.Pick(argument.Object, ref random);
        ulong upper = argument.UpperIsOptional && random.Below(2) == 0
            ? 0 : _worker->Handles.Pick(argument.UpperObject, ref random);
        return (uint)lower | upper << 32;
    }

    // Mostly within bounds, often at them; else just beyond, or far.
    private static ulong Number(ulong lowest, ulong highest, ref Random random)
    {
        ulong dice = random.Below(20);
        ulong span = highest - lowest + 1;
        return dice < 12 ? lowest + (span == 0 ? random.Next() : (random.Next() >> 1) % span)
            : dice < 14 ? lowest
            : dice < 16 ? highest
            : dice < 17 ? lowest - 1
            : dice < 18 ? highest + 1
            : random.Next() >> (int)random.Below(64);
    }

    private static ulong Instant(ref Random random)
    {
        ulong now = (ulong)Clock.Now();
        ulong dice = random.Below(40);
        return dice < 30 ? now + random.Below(50_000)
            : dice < 34 ? now - random.Below(now)
            : dice < 37 ? now + random.Below(2_000_000)
            : dice < 38 ? random.Next()
            : dice < 39 ? (ulong)long.MaxValue + random.Below(2)
            : random.Below(100);
    }

    private ulong Address(CallArgument argument, ref Random random)
    {
        ulong scratch = (ulong)_worker->Scratch;
        ulong dice = random.Below(20);
        if (dice < 13)
        {
            ulong unit = argument.Kind == ArgumentKind.MessageBuffer ? IpcBuffer.Bytes : 8u;
            ulong address = scratch + (random.Below(Worker.ScratchBytes / unit) * unit);
            if (argument.Highest == (ulong)sizeof(SpawnRequest) && argument.Kind == ArgumentKind.Input)
            {
                SpawnTemplate.Put((ulong*)scratch, _worker, ref random);
                return scratch;
            }

            return argument.Kind is ArgumentKind.ReadableWord or ArgumentKind.ParkAddress ? scratch + (random.Below(16) * 4) : address;
        }

        // What a call writes is searched word by word, so it is not put at just any byte.
        ulong mask = argument.Kind is ArgumentKind.Output or ArgumentKind.InputOutput ? ~7ul : ulong.MaxValue;
        return dice < 15 ? (scratch + Worker.ScratchBytes - random.Below(64)) & mask
            : dice < 16 ? (scratch + random.Below(Worker.ScratchBytes)) & mask
            : Hostile(ref random);
    }

    private static ulong Hostile(ref Random random) => random.Below(16) switch
    {
        0 => 0,
        1 => random.Below(UserLayout.StartPage),
        2 => UserLayout.StartPage + random.Below(UserLayout.PageSize),
        3 => UserLayout.MainStackBase - random.Below(UserLayout.PageSize),
        4 => UserLayout.ProgramBase,
        5 => UserLayout.HeapLimit - random.Below(64),
        6 => UserLayout.Limit - random.Below(64),
        7 => UserLayout.Limit - UserLayout.PageSize - random.Below(64),
        8 => UserLayout.Limit + random.Below(64),
        9 => Findings.KernelMemory + (random.Next() >> 34 & ~0xFFul) + Findings.TriedMark,
        10 => Findings.KernelImage + (random.Next() >> 40 & ~0xFFul) + Findings.TriedMark,
        11 => 0xFFFF_FFFF_FFFF_FFFF - random.Below(16),
        12 => 0xFEE0_0000 + random.Below(UserLayout.PageSize),
        13 => UserLayout.Limit << (int)random.Below(16),
        14 => UserLayout.HeapBase - 1 - random.Below(64),
        _ => random.Next() & 0x00FF_FFFF_FFFF_FFFF,
    };
}
