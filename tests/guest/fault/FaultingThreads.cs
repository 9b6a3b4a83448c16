using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>Threads that fault.</summary>
internal static unsafe class FaultingThreads
{
    /// <summary>The role of a process that does.</summary>
    internal const long Role = 3;

    /// <summary>Where that process finds the endpoint for its faults.</summary>
    internal const uint EndpointSlot = BootHandle.FirstFree;

    /// <summary>Above the number of faults after which a thread came to its end.</summary>
    internal const ulong Done = 0x600D_0000;

    /// <summary>Starts such a process, which calls through <paramref name="endpoint"/>: its handle, or 0.</summary>
    internal static ulong Start(ulong endpoint)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("fault", Role);
        spawn.AddCapability(endpoint, Rights.Write, EndpointSlot);
        return spawn.Start().Value;
    }

    /// <summary>The process: until it is ended, or a fault is.</summary>
    internal static ulong FaultOnAndOn()
    {
        if (IpcCalls.SetFaultHandler(BootHandle.MainThread, EndpointSlot) != Error.None)
        {
            return 3;
        }

        while (true)
        {
            Stubs.UndefinedInstruction();
        }
    }

    /// <summary>A thread: so many undefined instructions.</summary>
    internal static ulong Undefined(ulong times)
    {
        for (ulong i = 0; i < times; i++)
        {
            Stubs.UndefinedInstruction();
        }

        return Done + times;
    }

    /// <summary>A thread that reads there.</summary>
    internal static ulong Read(ulong address) => Stubs.ReadAddress(address);

    /// <summary>A thread that writes there.</summary>
    internal static ulong Write(ulong address)
    {
        Stubs.WriteAddress(address, address);
        return Done;
    }

    /// <summary>A thread that divides by zero.</summary>
    internal static ulong Divide(ulong unused)
    {
        Stubs.DivideByZero();
        return Done;
    }
}
