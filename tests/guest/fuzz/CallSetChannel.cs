using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fuzz;

/// <summary>Two notifications by which workers report a set of calls to the supervisor, one for each word.</summary>
internal struct CallSetChannel
{
    /// <summary>How many capabilities it takes, in slots that follow each other.</summary>
    internal const uint Slots = 2;

    private ulong _low;
    private ulong _high;

    /// <summary>A new one.</summary>
    internal static CallSetChannel Create() => new()
    {
        _low = IpcCalls.CreateObject(ObjectKind.Notification).Value,
        _high = IpcCalls.CreateObject(ObjectKind.Notification).Value,
    };

    /// <summary>That of a worker that was started with it in <see cref="Slots"/> slots; moved away from there.</summary>
    internal static CallSetChannel Move(uint slot) => new()
    {
        _low = Sys.CapabilityMove(slot).Value,
        _high = Sys.CapabilityMove(slot + 1).Value,
    };

    /// <summary>A process is started with the right to report, in <see cref="Slots"/> slots.</summary>
    internal readonly void AddCapabilities(ref SpawnBuilder spawn, uint slot)
    {
        spawn.AddCapability(_low, Rights.Write, slot);
        spawn.AddCapability(_high, Rights.Write, slot + 1);
    }

    /// <summary>Adds calls to what was reported.</summary>
    internal readonly void Report(CallSet calls)
    {
        IpcCalls.Signal(_low, calls.Low);
        IpcCalls.Signal(_high, calls.High);
    }

    /// <summary>What was reported since the last time.</summary>
    internal readonly CallSet Take() => new(IpcCalls.Poll(_low).Value, IpcCalls.Poll(_high).Value);
}
