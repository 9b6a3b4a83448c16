using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Objects;

public sealed unsafe class PoolTests : IDisposable
{
    private const uint Capacity = 5;

    private readonly SimulatedSystem _system = new(new SystemShape());
    private readonly NativeBlock _memory = new(Capacity * (ulong)sizeof(Item));

    [StructLayout(LayoutKind.Explicit)]
    private struct Item
    {
        [FieldOffset(sizeof(ulong))]
        public ObjectHeader Header;
    }

    private Cpu* Cpu => _system.Cpu(0);

    public void Dispose()
    {
        _memory.Dispose();
        _system.Dispose();
    }

    [Fact]
    public void A_full_pool_gives_null_and_stays_as_it_is()
    {
        Pool pool = Make();
        for (uint i = 0; i < Capacity; i++)
        {
            Assert.True(Take(ref pool) != null);
        }

        Assert.True(Take(ref pool) == null);
        Assert.Equal(Capacity, pool.InUse);
        Assert.Equal(Capacity, pool.Capacity);
    }

    [Fact]
    public void An_object_starts_with_one_reference_and_its_own_index()
    {
        Pool pool = Make();
        Item* first = Take(ref pool);
        Item* second = Take(ref pool);
        Assert.Equal(1ul, first->Header.References);
        Assert.Equal((0u, 1u), (first->Header.Index, second->Header.Index));
        Assert.True(pool.At(1) == second);
    }

    [Fact]
    public void References_of_an_earlier_life_resolve_to_nothing()
    {
        Pool pool = Make();
        Item* item = Take(ref pool);
        ObjectRef old = item->Header.Reference;
        pool.Free<SimulatedMachine>(Cpu, item);
        Assert.True(pool.Resolve(old) == null);
        Assert.True(Take(ref pool) == item);
        Assert.True(pool.Resolve(old) == null);
        Assert.True(pool.Resolve(item->Header.Reference) == item);
    }

    [Fact]
    public void References_to_slots_that_never_were_used_resolve_to_nothing()
    {
        Pool pool = Make();
        Assert.True(pool.Resolve(new ObjectRef(0, 0)) == null);
        Assert.True(pool.Resolve(new ObjectRef(Capacity, 1)) == null);
        Assert.True(pool.Resolve(new ObjectRef(uint.MaxValue, 1)) == null);
    }

    [Fact]
    public void The_slot_freed_last_is_given_out_first()
    {
        Pool pool = Make();
        Item* first = Take(ref pool);
        Item* second = Take(ref pool);
        pool.Free<SimulatedMachine>(Cpu, first);
        pool.Free<SimulatedMachine>(Cpu, second);
        Assert.True(Take(ref pool) == second);
        Assert.True(Take(ref pool) == first);
    }

    [Fact]
    public void A_slot_that_has_had_all_its_lives_is_not_used_again_and_no_reference_to_any_of_them_resolves()
    {
        Pool pool = Make();
        Item* item = Take(ref pool);
        ObjectRef first = item->Header.Reference;
        item->Header.Generation = uint.MaxValue - 2;
        for (int life = 0; life < 2; life++)
        {
            ObjectRef reference = item->Header.Reference;
            Assert.True(pool.Resolve(reference) == item);
            pool.Free<SimulatedMachine>(Cpu, item);
            Assert.True(pool.Resolve(reference) == null);
            Assert.True(pool.Resolve(first) == null);
            Assert.Equal(life == 0, Take(ref pool) == item);
        }

        for (uint i = 2; i < Capacity; i++)
        {
            Assert.True(Take(ref pool) != null);
        }

        Assert.True(Take(ref pool) == null);
        Assert.Equal(Capacity - 1, pool.InUse);
    }

    [Fact]
    public void Taking_and_freeing_agree_with_a_set_of_live_references() => Operations.Check(operations =>
    {
        Pool pool = Make();
        var live = new Dictionary<ObjectRef, nint>();
        var dead = new List<ObjectRef>();
        foreach (int operation in operations)
        {
            if (operation % 2 == 0 || live.Count == 0)
            {
                Item* item = Take(ref pool);
                Assert.Equal(live.Count == Capacity, item == null);
                if (item != null)
                {
                    live.Add(item->Header.Reference, (nint)item);
                }
            }
            else
            {
                (ObjectRef reference, nint item) = live.ElementAt(operation % live.Count);
                pool.Free<SimulatedMachine>(Cpu, (void*)item);
                live.Remove(reference);
                dead.Add(reference);
            }

            Assert.Equal((uint)live.Count, pool.InUse);
            Assert.All(live, pair => Assert.Equal(pair.Value, (nint)pool.Resolve(pair.Key)));
            Assert.All(dead, reference => Assert.Equal(0, (nint)pool.Resolve(reference)));
        }
    });

    private Pool Make()
    {
        _memory.Bytes.Clear();
        Pool pool = default;
        pool.Initialize(_memory.Start, new PoolLayout(sizeof(Item), sizeof(ulong), locks: 0), Capacity);
        return pool;
    }

    private Item* Take(ref Pool pool) => (Item*)pool.Allocate<SimulatedMachine>(Cpu);
}
