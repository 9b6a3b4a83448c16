using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Entry;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machine;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Capabilities;

/// <summary>What deriving, moving, deleting and revoking do, and what they refuse.</summary>
public sealed unsafe class CapabilityTests : IDisposable
{
    private const ulong Stale = 77;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2, Processes = 4 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_minted_capability_has_the_rights_asked_for_and_names_the_same_object()
    {
        ulong handle = Mint(BootHandle.MainThread, Rights.Read);
        Assert.Equal((ObjectKind.Thread, Rights.Read), Inspect(handle));
        Assert.Equal(Error.None, Call(SystemCall.ThreadRuntime, handle).Error);
        Assert.Equal(Error.MissingRight, Call(SystemCall.ThreadSetAffinity, handle, 1).Error);
        Assert.True(_system.ThreadOf(0, handle) == _system.Cpu(0)->Current);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_copy_has_the_rights_and_the_badge_of_its_source(bool slotAtHand)
    {
        ulong endpoint = Call(SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Endpoint).Value;
        ulong badged = Call(SystemCall.CapabilityMint, endpoint, (ulong)Rights.Write, 77).Value;
        if (slotAtHand)
        {
            Call(SystemCall.CapabilityDelete, Mint(endpoint, Rights.Same));
        }

        ulong copy = Mint(badged, Rights.Same);
        Assert.Equal((ObjectKind.Endpoint, Rights.Write), Inspect(copy));
        Assert.Equal(77ul, Call(SystemCall.CapabilityInspect, copy, (ulong)CapabilityAspect.Badge).Value);
        Assert.True(Slot(copy)->Previous == Slot(badged)->FirstChild->Previous);
    }

    [Fact]
    public void What_stands_now_in_a_slot_is_not_copied_through_a_handle_of_its_former_life()
    {
        ulong former = Mint(BootHandle.Log, Rights.Same);
        Call(SystemCall.CapabilityDelete, former);
        ulong present = Mint(BootHandle.Log, Rights.Same);
        Assert.Equal(former + CapabilitySpace.MaxHandles, present);
        Call(SystemCall.CapabilityDelete, Mint(BootHandle.Log, Rights.Same));
        Assert.Equal(Error.StaleHandle, Call(SystemCall.CapabilityMint, former, (ulong)Rights.Same).Error);
    }

    [Theory]
    [InlineData(SystemCall.CapabilityMint, (ulong)Rights.Same)]
    [InlineData(SystemCall.CapabilityMove, 0ul)]
    [InlineData(SystemCall.CapabilityRevoke, 0ul)]
    [InlineData(SystemCall.CapabilityInspect, 0ul)]
    [InlineData(SystemCall.CapabilityDelete, 0ul)]
    public void The_handle_that_a_free_slot_will_have_names_nothing(SystemCall call, ulong argument)
    {
        ulong[] former = [Mint(BootHandle.Log, Rights.Same), Mint(BootHandle.Log, Rights.Same)];
        foreach (ulong handle in former)
        {
            Call(SystemCall.CapabilityDelete, handle);
        }

        foreach (ulong handle in former)
        {
            Assert.Equal(Error.StaleHandle, Call(call, handle + CapabilitySpace.MaxHandles, argument).Error);
        }
    }

    [Theory]
    [InlineData(ObjectKind.Endpoint, SystemCall.Send)]
    [InlineData(ObjectKind.Endpoint, SystemCall.Call)]
    [InlineData(ObjectKind.Reply, SystemCall.Reply)]
    [InlineData(ObjectKind.Notification, SystemCall.Signal)]
    [InlineData(ObjectKind.Notification, SystemCall.Poll)]
    [InlineData(ObjectKind.Notification, SystemCall.CapabilityDelete)]
    [InlineData(ObjectKind.Notification, SystemCall.CapabilityMove)]
    public void A_number_of_more_than_32_bits_names_nothing(ObjectKind kind, SystemCall call)
    {
        ulong handle = Call(SystemCall.ObjectCreate, BootHandle.Process, (ulong)kind).Value;
        Assert.Equal(Error.StaleHandle, Call(call, handle | 1ul << 32, MessageTag.NoWait).Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_process_that_ends_copies_nothing(bool slotAtHand)
    {
        if (slotAtHand)
        {
            Call(SystemCall.CapabilityDelete, Mint(BootHandle.Log, Rights.Same));
        }

        Process* process = _system.ProcessOn(0);
        Error error = Error.None;
        _system.Enter(0, self =>
        {
            process->Phase = ProcessPhase.EndingThreads;
            error = CapabilityCalls<SimulatedMachine>.Mint((Core.Sched.Cpu*)self, BootHandle.Log, (ulong)Rights.Same, 0);
            process->Phase = ProcessPhase.Alive;
        });
        Assert.Equal(Error.BadState, error);
    }

    [Fact]
    public void Rights_never_grow()
    {
        ulong weak = Mint(BootHandle.Machine, Rights.Read | Rights.Grant);
        for (Rights mask = Rights.None; mask <= Rights.All; mask++)
        {
            Error expected = (mask & ~(Rights.Read | Rights.Grant)) == 0 ? Error.None : Error.MissingRight;
            Assert.Equal(expected, Call(SystemCall.CapabilityMint, weak, (ulong)mask).Error);
        }

        Assert.Equal((ObjectKind.Machine, Rights.Read | Rights.Grant), Inspect(Mint(weak, Rights.Same)));
    }

    [Fact]
    public void A_moved_capability_keeps_its_place_among_those_derived()
    {
        ulong first = Mint(BootHandle.Log, Rights.Write);
        ulong last = Mint(BootHandle.Log, Rights.None);
        ulong below = Mint(first, Rights.Write);
        ulong moved = Call(SystemCall.CapabilityMove, first).Value;
        Assert.Equal(Error.StaleHandle, Call(SystemCall.CapabilityInspect, first).Error);
        Assert.Equal((ObjectKind.Log, Rights.Write), Inspect(moved));
        CapabilitySlot* source = Slot(BootHandle.Log);
        Assert.True(source->FirstChild == Slot(moved) && source->LastChild == Slot(last));
        Assert.True(Slot(moved)->FirstChild == Slot(below));
    }

    [Fact]
    public void What_was_derived_from_a_deleted_capability_stays_and_can_be_revoked_at_its_source()
    {
        ulong middle = Mint(BootHandle.Log, Rights.Same);
        ulong leaf = Mint(middle, Rights.Write);
        Assert.Equal(Error.None, Call(SystemCall.CapabilityDelete, middle).Error);
        Assert.Equal((ObjectKind.Log, Rights.Write), Inspect(leaf));
        Assert.Equal(new SimulatedSystem.CallResult(Error.None, 0, true), Call(SystemCall.CapabilityRevoke, BootHandle.Log));
        Assert.Equal(Error.StaleHandle, Call(SystemCall.CapabilityInspect, leaf).Error);
    }

    [Fact]
    public void What_was_derived_from_a_deleted_original_stays_as_originals()
    {
        ulong original = _system.CreateThread(0);
        ulong[] children = [Mint(original, Rights.Read), Mint(original, Rights.Same), Mint(original, Rights.Control)];
        ulong below = Mint(children[1], Rights.Read);
        Call(SystemCall.CapabilityDelete, original);
        Call(SystemCall.CapabilityRevoke, children[0]);
        Assert.All(children.Append(below), handle => Assert.NotEqual(default, Inspect(handle)));
        Call(SystemCall.CapabilityRevoke, children[1]);
        Assert.Equal(Error.StaleHandle, Call(SystemCall.CapabilityInspect, below).Error);
        Assert.All(children, handle => Assert.Equal(Error.None, Call(SystemCall.CapabilityDelete, handle).Error));
    }

    [Fact]
    public void Revoking_deletes_all_descendants_in_steps_and_not_the_capability_itself()
    {
        var derived = new List<ulong> { Mint(BootHandle.MainThread, Rights.Same) };
        for (int i = 1; i < (int)CallLimits.MaxRevoke * 2; i++)
        {
            derived.Add(Mint(derived[i / 2], Rights.Same));
        }

        Assert.Equal(1ul, Call(SystemCall.CapabilityRevoke, BootHandle.MainThread).Value);
        Assert.Equal((int)CallLimits.MaxRevoke, derived.Count(handle => Slot(handle) == null));
        Assert.Equal(0ul, Call(SystemCall.CapabilityRevoke, BootHandle.MainThread).Value);
        Assert.All(derived, handle => Assert.Equal(Error.StaleHandle, Call(SystemCall.ThreadRuntime, handle).Error));
        Assert.Equal(Error.None, Call(SystemCall.ThreadRuntime, BootHandle.MainThread).Error);
    }

    [Fact]
    public void Revoking_reaches_other_processes_while_they_run()
    {
        ulong middle = Mint(BootHandle.Machine, Rights.Read);
        Spawned(new SpawnCapability { Handle = middle, Rights = Rights.Read, Index = 20 });
        Assert.Equal(Error.None, _system.Syscall(1, SystemCall.PoolLevel, 20).Error);
        ulong copy = _system.Syscall(1, SystemCall.CapabilityMint, 20, (ulong)Rights.Same).Value;
        Assert.Equal(Error.MissingRight, _system.Syscall(1, SystemCall.MachineExit, copy).Error);
        Call(SystemCall.CapabilityRevoke, middle);
        Assert.Equal(Error.StaleHandle, _system.Syscall(1, SystemCall.PoolLevel, 20).Error);
        Assert.Equal(Error.StaleHandle, _system.Syscall(1, SystemCall.PoolLevel, copy).Error);
        Assert.Equal(Error.None, Call(SystemCall.PoolLevel, middle).Error);
    }

    [Fact]
    public void What_a_process_passed_on_outlives_it_below_what_it_was_given()
    {
        ulong middle = Mint(BootHandle.Log, Rights.Write);
        ulong child = Spawned(new SpawnCapability { Handle = middle, Rights = Rights.Same, Index = 2 });
        ulong made = Derive(1, 2, _system.ProcessOn(0));
        Call(SystemCall.ProcessExit, child, 1);
        End(_system.ProcessOf(0, child));
        Assert.Equal(Error.None, Call(SystemCall.LogWrite, made, SimulatedSystem.DataAddress, 1).Error);
        Assert.True(Slot(middle)->FirstChild == Slot(made));
        Call(SystemCall.CapabilityRevoke, middle);
        Assert.Equal(Error.StaleHandle, Call(SystemCall.LogWrite, made, SimulatedSystem.DataAddress, 1).Error);
    }

    [Fact]
    public void The_maker_of_a_process_can_take_its_capability_to_itself_away()
    {
        ulong child = Spawned();
        Assert.Equal(Error.None, _system.Syscall(1, SystemCall.MemoryMap, BootHandle.Process, 4096).Error);
        Call(SystemCall.CapabilityRevoke, child);
        Assert.Equal(Error.StaleHandle, _system.Syscall(1, SystemCall.MemoryMap, BootHandle.Process, 4096).Error);
        Assert.Equal(Error.None, _system.Syscall(1, SystemCall.ThreadRuntime, BootHandle.MainThread).Error);
    }

    [Fact]
    public void A_process_whose_maker_closed_its_handle_keeps_its_capability_to_itself()
    {
        ulong child = Spawned();
        Call(SystemCall.CapabilityDelete, child);
        Assert.Equal(Error.None, _system.Syscall(1, SystemCall.MemoryMap, BootHandle.Process, 4096).Error);
        Assert.True(_system.ProcessOn(1)->Handles.Find(BootHandle.Process)->Previous == DerivationTree.NoParent);
    }

    [Fact]
    public void The_last_capability_takes_the_object_with_it()
    {
        ulong thread = _system.StartThread(0);
        ulong copy = Mint(thread, Rights.None);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.ThreadExit, 3);
        Call(SystemCall.CapabilityDelete, thread);
        Assert.Equal(2u, _system.Kernel->Threads.InUse);
        Call(SystemCall.CapabilityDelete, copy);
        Assert.Equal(1u, _system.Kernel->Threads.InUse);
    }

    // Two copies that become originals side by side.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void All_that_was_derived_holds_the_object_together_and_by_one_reference(int firstGone)
    {
        ulong endpoint = Call(SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Endpoint).Value;
        ulong[] copies = [Mint(endpoint, Rights.Same), Mint(endpoint, Rights.Read)];
        ulong below = Mint(copies[0], Rights.Same);
        var header = (ObjectHeader*)_system.Kernel->Endpoints.At(Slot(endpoint)->Object.Index);
        foreach (ulong handle in (ulong[])[below, endpoint, copies[firstGone]])
        {
            Assert.Equal(1ul, header->References);
            Call(SystemCall.CapabilityDelete, handle);
        }

        Assert.Equal((1ul, 1u), (header->References, _system.Kernel->Endpoints.InUse));
        Call(SystemCall.CapabilityDelete, copies[1 - firstGone]);
        Assert.Equal((0ul, 0u), (header->References, _system.Kernel->Endpoints.InUse));
    }

    [Fact]
    public void A_process_is_held_by_its_life_its_thread_and_its_makers_tree()
    {
        ulong child = Spawned();
        Assert.Equal(3ul, _system.ProcessOn(1)->Header.References);
        Call(SystemCall.CapabilityRevoke, child);
        Assert.Equal(3ul, _system.ProcessOn(1)->Header.References);
        Call(SystemCall.CapabilityDelete, child);
        Assert.Equal(2ul, _system.ProcessOn(1)->Header.References);
    }

    [Fact]
    public void A_full_space_refuses_and_changes_nothing()
    {
        using var system = SimulatedSystem.Running(new SystemShape { Pages = 700 });
        system.Checking = false;
        Error error;
        ulong last = 0;
        do
        {
            SimulatedSystem.CallResult made = system.Syscall(0, SystemCall.CapabilityMint, BootHandle.Log, (ulong)Rights.Same);
            last = made.Error == Error.None ? made.Value : last;
            error = made.Error;
        }
        while (error == Error.None);

        Assert.Equal(Error.HandlesFull, error);
        Assert.Equal(CapabilitySpace.MaxHandles - 1, last);
        Snapshot.Fails(Error.HandlesFull, system, SystemCall.CapabilityMint, BootHandle.Log, (ulong)Rights.Same);
        Snapshot.Fails(Error.HandlesFull, system, SystemCall.CapabilityMove, BootHandle.Log);
        system.Syscall(0, SystemCall.CapabilityDelete, last);
        Assert.Equal(Error.None, system.Syscall(0, SystemCall.CapabilityMove, BootHandle.Log).Error);
        system.Checking = true;
        system.Syscall(0, SystemCall.Nop);
    }

    [Fact]
    public void Without_memory_for_slots_deriving_says_so()
    {
        _system.Checking = false;
        while (_system.Kernel->Pages.FreePages != 0)
        {
            _system.Kernel->Pages.Allocate<SimulatedMachine>(_system.Cpu(0));
        }

        Error error = Error.None;
        for (uint i = BootHandle.Count; i <= CapabilitySpace.SlotsPerPage && error == Error.None; i++)
        {
            error = Call(SystemCall.CapabilityMint, BootHandle.Log, (ulong)Rights.Same).Error;
        }

        Assert.Equal(Error.OutOfMemory, error);
    }

    [Fact]
    public void Nothing_is_derived_for_a_process_that_ends()
    {
        ulong child = Spawned();
        Process* process = _system.ProcessOf(0, child);
        Call(SystemCall.ProcessExit, child, 1);
        Assert.Equal(Error.BadState, TryDerive(0, BootHandle.Log, process, out _));
        End(process);
        Assert.Equal(Error.BadState, TryDerive(0, BootHandle.Log, process, out _));
    }

    [Theory]
    [InlineData(Error.StaleHandle, SystemCall.CapabilityMint, Stale, (ulong)Rights.Same)]
    [InlineData(Error.BadArgument, SystemCall.CapabilityMint, BootHandle.Log, 16ul)]
    [InlineData(Error.BadArgument, SystemCall.CapabilityMint, BootHandle.Log, 0x1_0000_0000ul)]
    [InlineData(Error.BadArgument, SystemCall.CapabilityMint, BootHandle.Log, (ulong)Rights.Same, 1ul)]
    [InlineData(Error.StaleHandle, SystemCall.CapabilityMove, Stale)]
    [InlineData(Error.StaleHandle, SystemCall.CapabilityRevoke, Stale)]
    [InlineData(Error.StaleHandle, SystemCall.CapabilityInspect, Stale)]
    [InlineData(Error.BadArgument, SystemCall.CapabilityInspect, BootHandle.Log, (ulong)CapabilityAspect.Count)]
    public void An_error_changes_nothing(Error expected, SystemCall call, ulong a0, ulong a1 = 0, ulong a2 = 0) =>
        Snapshot.Fails(expected, _system, call, a0, a1, a2);

    private SimulatedSystem.CallResult Call(SystemCall number, ulong a0, ulong a1 = 0, ulong a2 = 0) =>
        _system.Syscall(0, number, a0, a1, a2);

    private ulong Mint(ulong handle, Rights mask)
    {
        SimulatedSystem.CallResult made = Call(SystemCall.CapabilityMint, handle, (ulong)mask);
        Assert.Equal(Error.None, made.Error);
        return made.Value;
    }

    private (ObjectKind Kind, Rights Rights) Inspect(ulong handle)
    {
        ulong value = Call(SystemCall.CapabilityInspect, handle).Value;
        return ((ObjectKind)(byte)value, (Rights)(value >> 8));
    }

    private CapabilitySlot* Slot(ulong handle) => _system.ProcessOn(0)->Handles.Find(handle);

    // A child on CPU 1, with those capabilities.
    private ulong Spawned(params SpawnCapability[] capabilities)
    {
        _system.PutRequest(0, "child", Grants.None, 0b10);
        foreach (SpawnCapability capability in capabilities)
        {
            _system.PutCapability(0, capability);
        }

        SimulatedSystem.CallResult made = Call(SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
        Assert.Equal(Error.None, made.Error);
        _system.RunPendingWork();
        return made.Value;
    }

    private void End(Process* process)
    {
        while (process->Phase != ProcessPhase.Dead)
        {
            _system.Advance(1_000_000);
            _system.RunPendingWork();
        }
    }

    private ulong Derive(uint cpu, ulong handle, Process* to)
    {
        Assert.Equal(Error.None, TryDerive(cpu, handle, to, out ulong made));
        return made;
    }

    private Error TryDerive(uint cpu, ulong handle, Process* to, out ulong made)
    {
        Error error = Error.None;
        ulong result = 0;
        _system.Enter(cpu, self => error = Capabilities<SimulatedMachine>.Derive(
            (Core.Sched.Cpu*)self, _system.ProcessOn(cpu), handle, Rights.Same, to, out result));
        made = result;
        return error;
    }
}
