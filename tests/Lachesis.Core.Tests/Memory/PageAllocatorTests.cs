using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Memory;

public sealed unsafe class PageAllocatorTests : IDisposable
{
    private const ulong PageSize = 4096;
    private const ulong Pages = 12;

    private readonly SimulatedSystem _system = new(new SystemShape());
    private readonly NativeBlock _memory = new(Pages * PageSize);

    private Cpu* Cpu => _system.Cpu(0);

    private ulong Start => (ulong)_memory.Start;

    public void Dispose()
    {
        _memory.Dispose();
        _system.Dispose();
    }

    [Fact]
    public void Ranges_are_cut_to_whole_pages()
    {
        PageAllocator pages = default;
        pages.AddRange(Start + 1, Start + (3 * PageSize) + 5);
        Assert.Equal(2ul, pages.FreePages);
        Assert.Equal(Start + PageSize, pages.Allocate<SimulatedMachine>(Cpu));
    }

    [Fact]
    public void Ranges_without_a_whole_page_are_ignored()
    {
        PageAllocator pages = default;
        pages.AddRange(Start + 1, Start + PageSize);
        pages.AddRange(Start + PageSize, Start);
        Assert.Equal(0ul, pages.FreePages);
        Assert.Equal(0ul, pages.Allocate<SimulatedMachine>(Cpu));
    }

    [Fact]
    public void Ranges_beyond_the_most_are_left_unused()
    {
        PageAllocator pages = default;
        for (ulong i = 0; i <= PageAllocator.MaxRanges; i++)
        {
            pages.AddRange(0x10_0000 * (i + 1), (0x10_0000 * (i + 1)) + PageSize);
        }

        Assert.Equal((ulong)PageAllocator.MaxRanges, pages.FreePages);
    }

    [Fact]
    public void Contiguous_pages_come_from_the_first_range_with_room()
    {
        PageAllocator pages = default;
        pages.AddRange(Start, Start + PageSize);
        pages.AddRange(Start + (2 * PageSize), Start + (6 * PageSize));
        Assert.Equal(Start + (2 * PageSize), pages.AllocateContiguous((2 * PageSize) + 1));
        Assert.Equal(0ul, pages.AllocateContiguous(2 * PageSize));
        Assert.Equal(Start, pages.AllocateContiguous(PageSize));
        Assert.Equal(1ul, pages.FreePages);
    }

    [Fact]
    public void A_cleared_page_is_cleared_to_its_last_byte()
    {
        _memory.Bytes.Fill(0xAA);
        PageAllocator pages = Whole();
        ulong frame = pages.AllocateZeroed<SimulatedMachine>(Cpu);
        Assert.Equal(-1, new Span<byte>((void*)frame, (int)PageSize).IndexOfAnyExcept((byte)0));
        Assert.Equal(0xAA, *(byte*)(frame + PageSize));
    }

    [Fact]
    public void No_page_is_given_out_twice_and_none_is_lost() => Operations.Check(operations =>
    {
        PageAllocator pages = Whole();
        var taken = new HashSet<ulong>();
        foreach (int operation in operations)
        {
            if (operation % 3 != 0)
            {
                ulong frame = pages.Allocate<SimulatedMachine>(Cpu);
                Assert.Equal(taken.Count == (int)Pages, frame == 0);
                Assert.True(frame == 0 || taken.Add(frame));
                Assert.True(frame == 0 || (frame >= Start && frame < Start + (Pages * PageSize) && frame % PageSize == 0));
            }
            else if (taken.Count != 0)
            {
                ulong frame = taken.ElementAt(operation % taken.Count);
                taken.Remove(frame);
                pages.Free<SimulatedMachine>(Cpu, frame);
            }

            Assert.Equal(Pages - (ulong)taken.Count, pages.FreePages);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(1000)]
    public void Copying_moves_exactly_the_bytes_asked_for(int bytes)
    {
        _memory.Bytes.Clear();
        for (int i = 0; i < 2000; i++)
        {
            _memory.Bytes[i] = (byte)((i % 251) + 1);
        }

        Page.Copy(_memory.Start + PageSize, _memory.Start, (ulong)bytes);
        Assert.True(_memory.Bytes.Slice((int)PageSize, bytes).SequenceEqual(_memory.Bytes[..bytes]));
        Assert.Equal(0, _memory.Bytes[(int)PageSize + bytes]);
    }

    private PageAllocator Whole()
    {
        PageAllocator pages = default;
        pages.AddRange(Start, Start + (Pages * PageSize));
        return pages;
    }
}
