using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Processes whose parents end before them: nothing happens to them, what they were given is theirs, and whoever has a
/// capability to them can do what it could before.</summary>
internal static unsafe class OrphanedChildChecks
{
    private const ulong Code = 0x0E4D;
    private const ulong Bits = 0xB175;
    private const uint Waiters = 3;

    private struct Orphan
    {
        internal ulong Endpoint;
        internal ulong Notification;
        internal ulong Reply;
        internal ulong Parent;
        internal ulong Child;
    }

    internal static void Run()
    {
        IpcBuffer* buffer = (IpcBuffer*)Memory.Map(UserLayout.PageSize);
        IpcCalls.SetBuffer(BootHandle.MainThread, buffer);
        buffer->MaxReceivedCapabilities = 1;
        ThreadGroup crew = ThreadGroup.Allocate(Waiters);
        CheckCodes(&crew, buffer, 1, "a process whose parent has ended by itself ends when it wants, with its code");
        CheckCodes(&crew, buffer, 0, "so does one whose parent was ended");
        CheckKill(&crew, buffer);
        CheckRevocation(buffer);
    }

    // The trial's capability was derived from the parent's, which is gone.
    private static void CheckCodes(ThreadGroup* crew, IpcBuffer* buffer, long ends, string what)
    {
        PoolLevels before = PoolLevels.Read();
        bool right = Begin(buffer, ends, out Orphan orphan) && EndParent(in orphan, ends);
        WaitAll(crew, orphan.Child);
        right &= IpcCalls.Signal(orphan.Notification, Bits) == Error.None;
        right &= crew->JoinAll() == Waiters * Bits && SpawnBuilder.WaitAndClose(orphan.Child).Value == Bits;
        Close(in orphan);
        Report.Check(right && before.WaitUntilRestored(), what);
    }

    private static void CheckKill(ThreadGroup* crew, IpcBuffer* buffer)
    {
        PoolLevels before = PoolLevels.Read();
        bool right = Begin(buffer, 0, out Orphan orphan);
        WaitAll(crew, orphan.Child);
        right &= EndParent(in orphan, 0);

        // One who waits is ended; the others learn the code all the same.
        right &= Sys.ThreadKill(crew->Handle(1), 0) == Error.None && Sys.ThreadJoin(crew->Handle(1)).Value == 0;
        right &= Sys.ProcessExit(orphan.Child, Code) == Error.None && crew->JoinAll() == (Waiters - 1) * Code;
        right &= CheckThroughRing(orphan.Child) && SpawnBuilder.WaitAndClose(orphan.Child).Value == Code;
        Close(in orphan);
        Report.Check(right && before.WaitUntilObjectsRestored(), "an orphan can be ended by who has a capability to it");
    }

    private static bool CheckThroughRing(ulong process)
    {
        Ring ring;
        Ring.Create(&ring, 2, 2);
        ring.TrySubmit(SystemCall.ProcessWait, 7, process);
        bool right = ring.Enter().Value == 1 && ring.TryReadCompletion(out RingCompletion* waited) && waited->UserData == 7
            && waited->Error == Error.None && waited->Value == Code;
        return right && Sys.CapabilityDelete(ring.Handle) == Error.None;
    }

    // What the child was given by its parent stands below the trial's own.
    private static void CheckRevocation(IpcBuffer* buffer)
    {
        PoolLevels before = PoolLevels.Read();
        bool right = Begin(buffer, 1, out Orphan orphan) && EndParent(in orphan, 1);
        right &= Sys.CapabilityRevoke(orphan.Notification) == Error.None;
        right &= SpawnBuilder.WaitAndClose(orphan.Child).Value == (ulong)Error.StaleHandle;
        Close(in orphan);
        Report.Check(right && before.WaitUntilRestored(), "what an orphan has from its parent can be taken back by who had given it to that");
    }

    private static bool Begin(IpcBuffer* buffer, long ends, out Orphan orphan)
    {
        orphan = default;
        orphan.Endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        orphan.Notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        orphan.Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", ParentAndChild.ParentRole);
        spawn.AddArgument("ends", ends);
        spawn.Grants = Grants.Spawn;
        spawn.AddCapability(orphan.Endpoint, Rights.Write | Rights.Grant, ParentAndChild.Endpoint);
        spawn.AddCapability(orphan.Notification, Rights.Read, ParentAndChild.Notification);
        orphan.Parent = spawn.Start().Value;
        Message message = default;
        bool right = IpcCalls.Receive(orphan.Endpoint, orphan.Reply, &message) == Error.None
            && message.Word0 == (ulong)Error.None && MessageTag.Capabilities((uint)message.Tag) == 1;
        orphan.Child = buffer->Capabilities[0];
        message = default;
        return right && IpcCalls.Reply(orphan.Reply, &message) == Error.None;
    }

    private static bool EndParent(in Orphan orphan, long ends)
    {
        bool asked = ends != 0 || Sys.ProcessExit(orphan.Parent, ParentAndChild.ParentCode) == Error.None;
        return asked && SpawnBuilder.WaitAndClose(orphan.Parent).Value == ParentAndChild.ParentCode;
    }

    private static void Close(in Orphan orphan)
    {
        Sys.CapabilityDelete(orphan.Reply);
        Sys.CapabilityDelete(orphan.Notification);
        Sys.CapabilityDelete(orphan.Endpoint);
    }

    private static void WaitAll(ThreadGroup* crew, ulong process)
    {
        for (uint i = 0; i < Waiters; i++)
        {
            crew->AddAndStartOn(i % Program.Cpus, &WaitFor, process);
        }
    }

    private static ulong WaitFor(ulong process) => Sys.ProcessWait(process).Value;
}
