using System;
using System.Collections.Generic;
using Lachesis.Core.Processes;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Wait;

public sealed unsafe class ParkTableTests : IDisposable
{
    private const uint Buckets = 64;

    private readonly NativeBlock _memory = new(ParkTable.BytesFor(Buckets));
    private readonly NativeBlock _processes = new(2 * (ulong)sizeof(Process));

    public void Dispose()
    {
        _memory.Dispose();
        _processes.Dispose();
    }

    [Fact]
    public void A_key_always_has_the_same_queue_inside_of_the_table() => Operations.Check(operations =>
    {
        ParkTable table = Make();
        foreach (int operation in operations)
        {
            ulong address = (ulong)operation * 0x1_0004;
            WaitQueue* queue = table.QueueFor(ProcessAt(operation % 2), address);
            Assert.True(queue == table.QueueFor(ProcessAt(operation % 2), address));
            Assert.InRange((nint)queue, (nint)_memory.Start, (nint)(_memory.Start + _memory.Length - sizeof(WaitQueue)));
        }
    });

    [Fact]
    public void Neighbouring_words_spread_over_the_table()
    {
        ParkTable table = Make();
        var used = new HashSet<nint>();
        for (ulong i = 0; i < Buckets; i++)
        {
            used.Add((nint)table.QueueFor(ProcessAt(0), 0x40_3000 + (4 * i)));
        }

        Assert.InRange(used.Count, (int)Buckets / 2, (int)Buckets);
    }

    [Fact]
    public void One_address_of_two_processes_has_two_queues()
    {
        ParkTable table = Make();
        Assert.True(table.QueueFor(ProcessAt(0), 0x40_3000) != table.QueueFor(ProcessAt(1), 0x40_3000));
    }

    private ParkTable Make()
    {
        ProcessAt(1)->Header.Index = 1;
        ParkTable table = default;
        table.Initialize(_memory.Start, Buckets);
        return table;
    }

    private Process* ProcessAt(int index) => (Process*)_processes.Start + index;
}
