using System;
using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Rings;

/// <summary>Whose a ring is, and the ends of threads and processes that are in the middle of one.</summary>
public sealed unsafe class RingEndTests : IDisposable
{
    private const byte Poison = 0xDB;

    private readonly RingBench _bench;
    private readonly SimulatedSystem _system;

    public RingEndTests()
    {
        _system = SimulatedSystem.Running(new SystemShape { Cpus = 3 });
        Races.Started(_system);
        StartOther(_system);
        _bench = new RingBench(_system);
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void While_one_thread_is_at_it_another_is_refused()
    {
        ulong notification = WaitInRing();
        Assert.Equal(new SimulatedSystem.CallResult(Error.BadState, 0, true), _bench.Enter(cpu: 1));
        Assert.Equal(2ul, _bench.Ring->Header.References);
        _system.Syscall(1, SystemCall.Signal, notification, 1);
        _system.RunPendingWork();
        Assert.Equal(Error.None, _bench.Enter(cpu: 1).Error);
        _bench.AssertAtRest();
    }

    [Fact]
    public void A_thread_that_is_killed_in_a_request_leaves_its_completion_and_the_ring()
    {
        WaitInRing();
        Assert.Equal(Error.None, _system.Syscall(1, SystemCall.ThreadKill, BootHandle.MainThread, 5).Error);
        _system.RunPendingWork();
        Assert.Equal([(0, Error.Gone, 0)], _bench.TakeAll());
        _bench.AssertAtRest();
        Assert.Equal(1ul, _bench.Enter(cpu: 1).Value);
        Assert.Equal([(1, Error.None, 0)], _bench.TakeAll());
    }

    [Fact]
    public void A_thread_that_kills_itself_in_its_ring_leaves_it()
    {
        _bench.Submit(SystemCall.ThreadKill, BootHandle.MainThread, 5);
        _bench.Submit(SystemCall.Nop);
        Assert.False(_bench.Enter().WentOn);
        _system.RunPendingWork();
        Assert.Equal([(0, Error.Gone, 0)], _bench.TakeAll());
        _bench.AssertAtRest();
        Assert.Equal(1ul, _bench.Header->SubmissionHead);
    }

    [Fact]
    public void A_ring_whose_handle_goes_while_a_thread_waits_in_it_lives_until_the_thread_is_through()
    {
        ulong notification = WaitInRing();
        _system.Syscall(1, SystemCall.CapabilityDelete, _bench.Handle);
        Assert.Equal(1u, _system.Kernel->Rings.InUse);
        _system.Syscall(1, SystemCall.Signal, notification, 1);
        _system.RunPendingWork();
        Assert.Equal(0u, _system.Kernel->Rings.InUse);
        Assert.Equal(2, _bench.TakeAll().Count);
    }

    [Fact]
    public void With_its_process_goes_a_ring_that_a_thread_waits_in()
    {
        WaitInRing();
        _system.Syscall(1, SystemCall.ProcessExit, BootHandle.Process, 1);
        SettleLong();
        Assert.Equal(0u, _system.Kernel->Rings.InUse);
        AssertMemoryIsPoisoned();
    }

    [Fact]
    public void A_ring_that_outlives_its_process_is_an_empty_shell()
    {
        _system.PutRequest(0, "child", Grants.None);
        _system.PutCapability(0, new SpawnCapability { Handle = _bench.Handle, Rights = Rights.Same, Index = BootHandle.FirstFree });
        _system.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
        Process* parent = _system.ProcessOn(0);
        _bench.Submit(SystemCall.Nop);
        RunChild(parent);
        Assert.Equal(Error.NotPermitted, _system.Syscall(1, SystemCall.RingEnter, BootHandle.FirstFree, 1).Error);
        _system.Kill(parent);
        SettleLong();
        Assert.Equal(1u, _system.Kernel->Rings.InUse);
        uint cpu = _system.Cpu(0)->Current != null ? 0u : 1u;
        Assert.Equal(Error.NotPermitted, _system.Syscall(cpu, SystemCall.RingEnter, BootHandle.FirstFree, 1).Error);
        AssertMemoryIsPoisoned();
        _system.Syscall(cpu, SystemCall.CapabilityDelete, BootHandle.FirstFree);
        Assert.Equal(0u, _system.Kernel->Rings.InUse);
        AssertMemoryIsPoisoned();
    }

    [Theory]
    [InlineData(SystemCall.ThreadKill)]
    [InlineData(SystemCall.ThreadSuspend)]
    [InlineData(SystemCall.ProcessExit)]
    public void Whenever_a_thread_is_ended_in_its_ring_every_request_taken_is_completed_once(SystemCall call)
    {
        RingBench bench = null!;
        Races.AtEachPoint(
            system =>
            {
                Races.Started(system);
                StartOther(system);
                bench = new RingBench(system);
                for (int i = 0; i < 6; i++)
                {
                    bench.Submit(i % 2 == 0 ? SystemCall.Yield : SystemCall.CurrentCpu);
                }
            },
            system => bench.Enter(),
            system => system.Syscall(1, call, call == SystemCall.ProcessExit ? BootHandle.Process : BootHandle.MainThread, 3),
            system =>
            {
                if (call != SystemCall.ProcessExit)
                {
                    AssertCompletedOnce(system, bench, call);
                }

                system.Kill((Process*)system.Kernel->Processes.At(0));
                for (int i = 0; i < 10; i++)
                {
                    system.RunPendingWork();
                    system.Advance(1_000_000);
                }

                Assert.Equal(0u, system.Kernel->Rings.InUse);
            },
            cpus: 3);
    }

    [Fact]
    public void A_process_counts_a_thread_until_that_has_left_its_ring_so_the_memory_is_there()
    {
        RingBench bench = null!;
        Races.AtEachPoint(
            system =>
            {
                Races.Started(system);
                bench = new RingBench(system);
                bench.Submit(SystemCall.Wait, system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Notification).Value);
                Assert.False(bench.Enter().WentOn);
            },
            system => system.Syscall(1, SystemCall.ThreadKill, BootHandle.MainThread, 3),
            system => Assert.True(bench.Ring->Owner == 0 || system.ProcessOn(1)->LiveThreads == 2),
            system => Assert.Equal((0ul, 1u), (bench.Ring->Owner, system.ProcessOn(1)->LiveThreads)));
    }

    [Fact]
    public void A_ring_that_is_let_go_for_good_is_touched_no_more_whenever_its_slot_is_taken_again()
    {
        ulong made = 0;
        RingBench bench = null!;
        Races.AtEachPoint(
            system =>
            {
                Races.Started(system);
                bench = new RingBench(system);
                bench.Submit(SystemCall.CapabilityDelete, bench.Handle);
            },
            system => bench.Enter(),
            system => made = EnterAnother(system),
            system =>
            {
                var ring = (Ring*)system.Kernel->Rings.At(system.ProcessOn(0)->Handles.Find(made)->Object.Index);
                Thread* owner = (Thread*)ring->Owner;
                Assert.True(owner != null && owner->Context.Ring == ring, "who waits in the other ring has lost it");
            });
    }

    // The thread on CPU 1 makes a ring of its own, and waits in it.
    private static ulong EnterAnother(SimulatedSystem system)
    {
        ulong notification = system.Syscall(1, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Notification).Value;
        ulong address = system.Syscall(1, SystemCall.MemoryMap, BootHandle.Process, RingLayout.Bytes).Value;
        ulong made = system.Syscall(1, SystemCall.RingCreate, BootHandle.Process, address, 1, 1).Value;
        ulong root = system.ProcessOn(1)->PageTableRoot;
        *(RingSubmission*)system.Users.At(root, address + RingLayout.PartBytes) =
            new RingSubmission { Request = RingSubmission.EncodeRequest(SystemCall.Wait), A0 = notification };
        ((RingHeader*)system.Users.At(root, address))->SubmissionTail = 1;
        Assert.False(system.Syscall(1, SystemCall.RingEnter, made, 1).WentOn);
        return made;
    }

    // The machine ends with its last process: this one lives on.
    private static void StartOther(SimulatedSystem system)
    {
        Assert.True(system.StartProcess(2, cpus: 4) != null);
        system.RunPendingWork();
        Assert.True(system.Cpu(2)->Current != null);
    }

    private static void AssertCompletedOnce(SimulatedSystem system, RingBench bench, SystemCall call)
    {
        system.RunPendingWork();
        Assert.True(bench.Ring->SubmissionHead - bench.Ring->CompletionTail <= (call == SystemCall.ThreadSuspend ? 1u : 0));
        ulong next = 0;
        foreach ((ulong userData, Error error, _) in bench.TakeAll())
        {
            Assert.Equal(next, userData);
            Assert.True(error is Error.None or Error.Gone, error.ToString());
            next++;
        }
    }

    // The first thread waits in its ring for the notification that this gives; one request more is there.
    private ulong WaitInRing()
    {
        ulong notification = _bench.Create(ObjectKind.Notification);
        _bench.Submit(SystemCall.Wait, notification);
        _bench.Submit(SystemCall.Nop);
        Assert.False(_bench.Enter().WentOn);
        Assert.True(_system.Cpu(0)->Current == null);
        return notification;
    }

    // The second thread of the first process makes way for the child.
    private void RunChild(Process* parent)
    {
        _system.Syscall(1, SystemCall.ThreadExit, 0);
        _system.RunPendingWork();
        Assert.True(_system.ProcessOn(1) != parent);
    }

    private void SettleLong()
    {
        for (int i = 0; i < 20; i++)
        {
            _system.RunPendingWork();
            _system.Advance(1_000_000);
        }
    }

    // But for the link that the allocator keeps in the first word.
    private void AssertMemoryIsPoisoned()
    {
        foreach (nint page in (nint[])[(nint)_bench.Header, (nint)_bench.Submissions, (nint)_bench.Completions])
        {
            Assert.Equal(-1, new Span<byte>((void*)page, (int)RingLayout.PartBytes)[sizeof(ulong)..].IndexOfAnyExcept(Poison));
        }
    }
}
