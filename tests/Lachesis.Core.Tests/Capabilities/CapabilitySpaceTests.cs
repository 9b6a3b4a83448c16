using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Capabilities;

public sealed unsafe class CapabilitySpaceTests : IDisposable
{
    private const uint Pages = 520;

    private readonly SimulatedSystem _system = new(new SystemShape { Pages = Pages });

    private readonly NativeBlock _owner = new((ulong)sizeof(Process));

    private bool _locked;

    private Cpu* Cpu => _system.Cpu(0);

    private Process* Owner => (Process*)_owner.Start;

    public void Dispose()
    {
        _owner.Dispose();
        _system.Dispose();
    }

    [Fact]
    public void Boot_handles_are_stale_until_they_are_filled()
    {
        CapabilitySpace* table = Make();
        Assert.True(table->Find(BootHandle.Log) == null);
        table->SetBootHandle(BootHandle.Log, ObjectKind.Log, default);
        Assert.Equal(ObjectKind.Log, table->Find(BootHandle.Log)->Kind);
        Assert.Equal(BootHandle.Count, table->HighWaterMark);
    }

    [Fact]
    public void It_is_set_up_and_given_back_with_its_process_locked_or_the_kernel_panics()
    {
        CapabilitySpace* table = &Owner->Handles;
        Assert.Throws<KernelPanicException>(() => table->Initialize<SimulatedMachine>(_system.Kernel, Cpu, Owner));
        Make();
        Owner->Lock.Release<SimulatedMachine>(Cpu, LockRank.Process);
        Assert.Throws<KernelPanicException>(() => table->FreePages<SimulatedMachine>(_system.Kernel, Cpu));
    }

    [Fact]
    public void A_handle_names_what_it_was_made_for()
    {
        CapabilitySpace* table = Make();
        ulong handle = Add(table, 3);
        Assert.Equal((3u, 9u), (table->Find(handle)->Object.Index, table->Find(handle)->Object.Generation));
        Assert.True(table->Find(handle + 1) == null);
        Assert.True(table->Find(handle | 1ul << 32) == null);
        Assert.True(table->Find(ulong.MaxValue) == null);
    }

    [Fact]
    public void A_closed_handle_stays_wrong_when_its_slot_is_used_again()
    {
        CapabilitySpace* table = Make();
        ulong old = Add(table, 1);
        CapabilitySpace.Remove(Owner, table->Find(old));
        ulong next = Add(table, 2);
        Assert.NotEqual(old, next);
        Assert.True(table->Find(old) == null);
        Assert.Equal(2u, table->Find(next)->Object.Index);
    }

    [Fact]
    public void No_handle_is_ever_given_out_twice()
    {
        CapabilitySpace* table = Make();
        var seen = new HashSet<ulong>();
        for (int i = 0; i < 3 << CapabilitySpace.GenerationBits; i++)
        {
            ulong handle = Add(table, 1);
            Assert.True(seen.Add(handle));
            CapabilitySlot* slot = table->Find(handle);
            CapabilitySpace.Remove(Owner, slot);
            Assert.DoesNotContain(slot->Handle, seen);
        }
    }

    [Fact]
    public void A_slot_that_has_had_all_its_lives_is_left_with_a_handle_that_no_capability_had()
    {
        CapabilitySpace* table = Make();
        ulong first = Add(table, 1);
        CapabilitySlot* slot = table->SlotOfHandle(first);
        var seen = new HashSet<ulong>();
        for (ulong handle = first; table->SlotOfHandle(handle) == slot; handle = Add(table, 1))
        {
            Assert.True(seen.Add(handle));
            CapabilitySpace.Remove(Owner, slot);
        }

        Assert.Equal((1 << CapabilitySpace.GenerationBits) - 1, seen.Count);
        Assert.DoesNotContain(slot->Handle, seen);
        Assert.False(slot->IsNamedBy(slot->Handle));
    }

    [Fact]
    public void A_full_table_says_so_and_gives_all_its_pages_back()
    {
        CapabilitySpace* table = Make();
        for (uint i = BootHandle.Count; i < CapabilitySpace.MaxHandles; i++)
        {
            Add(table, i);
        }

        Assert.Equal(Error.HandlesFull, table->AddOriginal<SimulatedMachine>(_system.Kernel, Cpu, ObjectKind.Log, default, out _));
        table->FreePages<SimulatedMachine>(_system.Kernel, Cpu);
        Assert.Equal(Pages, _system.Kernel->Pages.FreePages);
        Assert.Equal(0u, table->HighWaterMark);
    }

    [Fact]
    public void Without_memory_no_table_is_made_and_no_page_lost()
    {
        Drain(0);
        Lock();
        CapabilitySpace* table = &Owner->Handles;
        Assert.Equal(Error.OutOfMemory, table->Initialize<SimulatedMachine>(_system.Kernel, Cpu, Owner));
        table->FreePages<SimulatedMachine>(_system.Kernel, Cpu);
        Assert.Equal(0ul, _system.Kernel->Pages.FreePages);
    }

    [Fact]
    public void Without_memory_for_a_second_page_of_slots_its_directory_is_not_lost()
    {
        Drain(2);
        CapabilitySpace* table = Make();
        for (uint i = BootHandle.Count; i < CapabilitySpace.SlotsPerPage; i++)
        {
            Add(table, i);
        }

        Assert.Equal(1u, table->Pages);
        Assert.Equal(Error.OutOfMemory, table->AddOriginal<SimulatedMachine>(_system.Kernel, Cpu, ObjectKind.Log, default, out _));
        Assert.Equal(2u, table->Pages);
        table->FreePages<SimulatedMachine>(_system.Kernel, Cpu);
        Assert.Equal(2ul, _system.Kernel->Pages.FreePages);
    }

    [Fact]
    public void Without_memory_a_table_keeps_the_handles_that_it_has()
    {
        Drain(2);
        CapabilitySpace* table = Make();
        ulong last = 0;
        for (uint i = BootHandle.Count; i < 64; i++)
        {
            last = Add(table, i);
        }

        Assert.Equal(Error.OutOfMemory, table->AddOriginal<SimulatedMachine>(_system.Kernel, Cpu, ObjectKind.Log, default, out _));
        Assert.Equal(63u, table->Find(last)->Object.Index);
        CapabilitySpace.Remove(Owner, table->Find(last));
        Add(table, 7);
    }

    [Fact]
    public void Adding_and_removing_agree_with_a_dictionary() => Operations.Check(operations =>
    {
        CapabilitySpace* table = Make();
        var live = new Dictionary<ulong, uint>();
        var closed = new List<ulong>();
        foreach (int operation in operations)
        {
            if (operation % 3 != 0 || live.Count == 0)
            {
                live.Add(Add(table, (uint)operation), (uint)operation);
            }
            else
            {
                ulong handle = live.ElementAt(operation % live.Count).Key;
                CapabilitySpace.Remove(Owner, table->Find(handle));
                live.Remove(handle);
                closed.Add(handle);
            }
        }

        Assert.All(live, pair => Assert.Equal(pair.Value, table->Find(pair.Key)->Object.Index));
        Assert.All(closed, handle => Assert.True(table->Find(handle) == null));
        table->FreePages<SimulatedMachine>(_system.Kernel, Cpu);
        Assert.Equal(Pages, _system.Kernel->Pages.FreePages);
    });

    private CapabilitySpace* Make()
    {
        CapabilitySpace* table = &Owner->Handles;
        Lock();
        Assert.Equal(Error.None, table->Initialize<SimulatedMachine>(_system.Kernel, Cpu, Owner));
        return table;
    }

    // For all the test, as the process must be locked while its space is changed.
    private void Lock()
    {
        if (!_locked)
        {
            Owner->Lock.Acquire<SimulatedMachine>(Cpu, LockRank.Process);
            _locked = true;
        }
    }

    private ulong Add(CapabilitySpace* table, uint index)
    {
        Assert.Equal(
            Error.None,
            table->AddOriginal<SimulatedMachine>(_system.Kernel, Cpu, ObjectKind.Thread, new ObjectRef(index, 9), out ulong handle));
        return handle;
    }

    private void Drain(int left)
    {
        while (_system.Kernel->Pages.FreePages > (ulong)left)
        {
            _system.Kernel->Pages.Allocate<SimulatedMachine>(Cpu);
        }
    }
}
