using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>A parent, and its child: the trial's grandchild. The parent passes the trial a capability to the child before it
/// ends.</summary>
internal static unsafe class ParentAndChild
{
    /// <summary>The role of the parent; <c>ends=1</c>: it ends by itself.</summary>
    internal const long ParentRole = 18;

    /// <summary>The role of the child.</summary>
    internal const long ChildRole = 19;

    /// <summary>What the parent ends with.</summary>
    internal const ulong ParentCode = 0x0DAD;

    /// <summary>Where both find the endpoint that the trial receives at.</summary>
    internal const uint Endpoint = BootHandle.FirstFree;

    /// <summary>Where both find the notification that tells the child to end.</summary>
    internal const uint Notification = BootHandle.FirstFree + 1;

    internal static ulong RunAsParent()
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", ChildRole);
        spawn.AddCapability(Endpoint, Rights.Same, Endpoint);
        spawn.AddCapability(Notification, Rights.Same, Notification);
        SystemResult child = spawn.Start();
        IpcBuffer* buffer = (IpcBuffer*)Memory.Map(UserLayout.PageSize);
        IpcCalls.SetBuffer(BootHandle.MainThread, buffer);
        buffer->Capabilities[0] = (uint)child.Value;
        Message message = Message.Of((ulong)child.Error);
        message.Tag |= 1 << MessageTag.CapabilitiesShift;
        Error passed = IpcCalls.Call(Endpoint, &message);
        if (Program.Argument("ends", 0) == 0)
        {
            Sys.SleepUntil(long.MaxValue - 1);
        }

        return passed == Error.None ? ParentCode : (ulong)passed;
    }

    /// <summary>Ends with the bits that it is sent, or with the error if it loses what it waits with.</summary>
    internal static ulong RunAsChild()
    {
        while (true)
        {
            SystemResult got = IpcCalls.Wait(Notification, (ulong)(Clock.Now() + 200_000));
            if (got.Error != Error.TimedOut)
            {
                return got.Error == Error.None ? got.Value : (ulong)got.Error;
            }
        }
    }
}
