using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Threads;
using Lachesis.Core.Timers;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Objects;

/// <summary>An object in a place that another one had before is like one in a place that none had: nothing of the other can be
/// read from it, and what it does is not the other's doing.</summary>
public sealed unsafe class FreshObjectTests
{
    public static TheoryData<ObjectKind> Pooled => new(Enum.GetValues<ObjectKind>()
        .Where(kind => kind < ObjectKind.Count && PoolLayout.ForKind(kind).ObjectBytes != 0));

    [Fact]
    public void Every_kind_that_has_a_pool_is_looked_at()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape());
        foreach (ObjectKind kind in Enum.GetValues<ObjectKind>().Where(kind => kind < ObjectKind.Count))
        {
            Assert.Equal(system.Kernel->PoolOf(kind) != null, PoolLayout.ForKind(kind).ObjectBytes != 0);
        }
    }

    [Theory]
    [MemberData(nameof(Pooled))]
    public void A_place_full_of_garbage_makes_no_difference(ObjectKind kind)
    {
        byte[] clean = Make(kind, garbage: 0);
        Assert.Equal(clean, Make(kind, garbage: 0xA5));
        Assert.Equal(clean, Make(kind, garbage: 0xFF));
    }

    // A CPU that has a pointer to an object that is gone may hold its lock.
    [Theory]
    [MemberData(nameof(Pooled))]
    public void Making_an_object_leaves_the_locks_of_its_place_alone(ObjectKind kind)
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape());
        Pool* pool = system.Kernel->PoolOf(kind);
        byte* place = PlaceOfNext(pool);
        PoolLayout shape = PoolLayout.ForKind(kind);
        new Span<byte>(place + shape.HeaderOffset + sizeof(ObjectHeader), (int)(shape.PreservedEnd - shape.HeaderOffset) - sizeof(ObjectHeader)).Fill(1);
        Assert.True(pool->Allocate<SimulatedMachine>(system.Cpu(0)) == place);
        Assert.Equal(LocksOf(kind, place).Length * sizeof(ulong), (int)(shape.PreservedEnd - shape.HeaderOffset) - sizeof(ObjectHeader));
        Assert.All(LocksOf(kind, place), at => Assert.Equal(0x0101_0101_0101_0101ul, *(ulong*)at));
    }

    [Theory]
    [MemberData(nameof(Pooled))]
    public void A_pool_knows_where_the_headers_of_its_objects_are(ObjectKind kind)
    {
        Thread thread;
        uint header = kind == ObjectKind.Thread ? (uint)((byte*)&thread.Header - (byte*)&thread) : 0;
        Assert.Equal(header, PoolLayout.ForKind(kind).HeaderOffset);
        Assert.Equal(0u, PoolLayout.ForKind(kind).ObjectBytes % sizeof(ulong));
    }

    // An object that was made the way in which programs make it, in a place that has been somebody's, and was filled with this since:
    // all of it but for the header and the locks, which are looked at above.
    private static byte[] Make(ObjectKind kind, byte garbage)
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape());
        PoolLayout shape = PoolLayout.ForKind(kind);
        Pool* pool = system.Kernel->PoolOf(kind);
        byte* place = PlaceOfNext(pool);
        Span<byte> before = new(place, (int)shape.HeaderOffset);
        Span<byte> after = new(place + shape.PreservedEnd, (int)(shape.ObjectBytes - shape.PreservedEnd));
        before.Fill(garbage);
        after.Fill(garbage);
        SimulatedSystem.CallResult made = Call(system, kind);
        Assert.Equal(Error.None, made.Error);
        ForgetHostAddresses(system, kind, place);
        return [.. before, .. after];
    }

    private static SimulatedSystem.CallResult Call(SimulatedSystem system, ObjectKind kind)
    {
        switch (kind)
        {
            case ObjectKind.Thread:
                return system.Syscall(
                    0, SystemCall.ThreadCreate, BootHandle.Process, SimulatedSystem.Entry, SimulatedSystem.DataAddress);
            case ObjectKind.Process:
                return system.Spawn(0, "child", Grants.None, 1);
            case ObjectKind.Session:
                return system.Syscall(0, SystemCall.SessionCreate, BootHandle.Spawn);
            case ObjectKind.Ring:
                ulong memory = system.Syscall(0, SystemCall.MemoryMap, BootHandle.Process, RingLayout.Bytes).Value;
                return system.Syscall(0, SystemCall.RingCreate, BootHandle.Process, memory, 4, 4);
            default:
                return system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)kind);
        }
    }

    // Which differ from system to system.
    private static void ForgetHostAddresses(SimulatedSystem system, ObjectKind kind, byte* place)
    {
        if (kind == ObjectKind.Thread)
        {
            Thread* thread = (Thread*)place;
            Assert.True(thread->Process == system.ProcessOn(0));
            thread->Process = null;
            thread->SiblingNext = thread->SiblingNext == system.Cpu(0)->Current ? null : thread->SiblingNext;
        }
        else if (kind == ObjectKind.Process)
        {
            Process* process = (Process*)place;
            Assert.Equal(1u, process->LiveThreads);
            process->FirstThread = null;
            Assert.True(process->SessionNext == system.ProcessOn(0));
            process->SessionNext = null;
            process->Handles = default;
        }
        else if (kind == ObjectKind.Ring)
        {
            Ring* ring = (Ring*)place;
            ring->SharedHeader = null;
            ring->Submissions = null;
            ring->Completions = null;
        }
    }

    private static byte* PlaceOfNext(Pool* pool) => (byte*)pool->At(pool->HighWaterMark);

    private static nint[] LocksOf(ObjectKind kind, byte* place) => kind switch
    {
        ObjectKind.Thread => [(nint)(&((Thread*)place)->Joiners.Lock)],
        ObjectKind.Process => [(nint)(&((Process*)place)->Lock), (nint)(&((Process*)place)->Waiters.Lock)],
        ObjectKind.Endpoint or ObjectKind.Notification => [(nint)(&((WaitableObject*)place)->Queue.Lock)],
        ObjectKind.Reply => [(nint)(&((Reply*)place)->Lock)],
        ObjectKind.Timer => [(nint)(&((Timer*)place)->Lock)],
        ObjectKind.Session => [(nint)(&((Session*)place)->Waiters.Lock)],
        _ => [],
    };
}
