using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Caps;

/// <summary>Taking back what was passed to another process, while that uses it.</summary>
internal static unsafe class RevokeChecks
{
    /// <summary>The role of the process that something is passed to.</summary>
    internal const long ChildRole = 2;

    // Where the child finds it, and what it gives when all went as it should.
    private const uint Passed = BootHandle.FirstFree;
    private const ulong Lost = 0x10;
    private const int Rounds = 8;

    internal static void Run()
    {
        bool lost = true;
        bool kept = true;
        for (int round = 0; round < Rounds; round++)
        {
            ulong middle = Sys.CapabilityMint(BootHandle.Machine, Rights.Read).Value;
            ulong threads = Sys.PoolLevel(PoolKind.Threads);
            ulong child = Start(middle);
            if (!Report.Check(child != 0, "a process is spawned that holds a capability derived from its parent's"))
            {
                return;
            }

            while (Sys.PoolLevel(PoolKind.Threads) < threads + 2)
            {
                Sys.Yield();
            }

            lost &= Sys.CapabilityRevoke(middle) == Error.None;
            lost &= SpawnBuilder.WaitAndClose(child).Value == Lost;
            kept &= Sys.Call(SystemCall.PoolLevel, middle).Error == Error.None && Sys.CapabilityDelete(middle) == Error.None;
        }

        Report.Check(lost, "a process loses what it was passed, and its copies of that, while it uses them");
        Report.Check(kept, "the capability that is revoked stays");
        CheckSelf();
    }

    /// <summary>The child: uses what it was passed, and copies of it, until that is stale.</summary>
    internal static ulong Child()
    {
        if (Program.FindArgument("self") >= 0)
        {
            return WaitUntilRevoked();
        }

        ulong copy = Sys.CapabilityCopy(Passed).Value;
        ulong copyOfCopy = Sys.CapabilityCopy(copy).Value;
        bool worked = TryUse(Passed) == Error.None && TryUse(copy) == Error.None && TryUse(copyOfCopy) == Error.None;
        worked &= Sys.Call(SystemCall.MachineExit, Passed).Error == Error.MissingRight;

        // A thread more, which is never started, says that it got here; it would keep the process from ending by itself.
        Sys.ThreadCreate(BootHandle.Process, 0, 0, 0);
        Error last;
        do
        {
            last = TryUse(copyOfCopy);
        }
        while (last == Error.None);

        // What is left goes with the same steps.
        while (TryUse(Passed) == Error.None || TryUse(copy) == Error.None)
        {
        }

        bool lost = last == Error.StaleHandle && Sys.CapabilityCopy(copy).Error == Error.StaleHandle;
        Sys.ProcessExit(BootHandle.Process, worked && lost ? Lost : 1);
        return 0;
    }

    private static ulong Start(ulong middle)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("cap", ChildRole);
        spawn.AddCapability(middle, Rights.Read, Passed);
        return spawn.Start().Value;
    }

    private static Error TryUse(ulong handle) => Sys.Call(SystemCall.PoolLevel, handle).Error;

    // The maker of a process holds the original of it: the process's own capability to itself is derived from that.
    private static void CheckSelf()
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("cap", ChildRole);
        spawn.AddArgument("self", 1);
        ulong child = spawn.Start().Value;
        bool gone = Sys.CapabilityRevoke(child) == Error.None;
        Report.Check(gone && SpawnBuilder.WaitAndClose(child).Value == Lost, "a process can be denied to change itself by its maker");
        SpawnBuilder weak = SpawnBuilder.ForRole("cap", ChildRole);
        ulong none = Sys.CapabilityMint(BootHandle.Machine, Rights.None).Value;
        weak.AddCapability(none, Rights.Read, Passed);
        Report.Check(weak.Start().Error == Error.MissingRight, "nobody passes on a right that it lacks");
        weak = SpawnBuilder.ForRole("cap", ChildRole);
        weak.AddCapability(none, Rights.Same, Passed);
        weak.AddCapability(none, Rights.Same, Passed);
        Report.Check(weak.Start().Error == Error.BadArgument, "nor two capabilities to one place");
        Sys.CapabilityDelete(none);
    }

    private static ulong WaitUntilRevoked()
    {
        while (Sys.MemoryMap(BootHandle.Process, 1).Error != Error.StaleHandle)
        {
            Sys.SleepUntil(Clock.Now() + 100_000);
        }

        return Sys.ThreadRuntime(BootHandle.MainThread).Error == Error.None ? Lost : 3;
    }
}
