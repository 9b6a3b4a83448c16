using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Rings;

/// <summary>Requests that do not wait: performed in order, refused, expired, and left until there is room.</summary>
public sealed unsafe class RingTests : IDisposable
{
    private readonly RingBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Requests_complete_in_order_with_what_their_calls_give()
    {
        ulong notification = _bench.Create(ObjectKind.Notification);
        _bench.Submit(SystemCall.Nop);
        _bench.Submit(SystemCall.Signal, notification, 6);
        _bench.Submit(SystemCall.Poll, notification);
        _bench.Submit(SystemCall.Poll, notification);
        _bench.Submit(SystemCall.CurrentCpu);
        Assert.Equal(new SimulatedSystem.CallResult(Error.None, 5, true), _bench.Enter());
        Assert.Equal(
            [(0, Error.None, 0), (1, Error.None, 0), (2, Error.None, 6), (3, Error.WouldBlock, 0), (4, Error.None, 0)],
            _bench.TakeAll());
        _bench.AssertAtRest();
    }

    [Fact]
    public void No_more_are_taken_than_asked_for()
    {
        for (int i = 0; i < 5; i++)
        {
            _bench.Submit(SystemCall.Nop);
        }

        Assert.Equal(0ul, _bench.Enter(0).Value);
        Assert.Equal(3ul, _bench.Enter(3).Value);
        Assert.Equal(2ul, _bench.Enter(3).Value);
        Assert.Equal(0ul, _bench.Enter(3).Value);
        Assert.Equal(5, _bench.TakeAll().Count);
    }

    [Fact]
    public void A_call_returns_only_after_all_of_a_long_ring()
    {
        using var bench = new RingBench(RingLayout.MaxEntries, RingLayout.MaxEntries);
        for (uint i = 0; i < RingLayout.MaxEntries; i++)
        {
            bench.Submit(i % 3 == 0 ? SystemCall.CurrentCpu : SystemCall.Nop);
        }

        Assert.Equal((ulong)RingLayout.MaxEntries, bench.Enter().Value);
        Assert.Equal(Enumerable.Range(0, (int)RingLayout.MaxEntries).Select(i => (ulong)i), bench.TakeAll().Select(c => c.UserData));
    }

    [Theory]
    [InlineData(0xFFFF_FFFDul)]
    [InlineData(0x1_0000_0000ul)]
    [InlineData(ulong.MaxValue - 2)]
    public void Counts_wrap(ulong start)
    {
        _bench.StartAt(start);
        for (ulong i = 0; i < 20; i++)
        {
            _bench.Submit(SystemCall.Nop);
            _bench.Submit(SystemCall.CurrentCpu);
            Assert.Equal(2ul, _bench.Enter().Value);
            Assert.Equal([start + (2 * i), start + (2 * i) + 1], _bench.TakeAll().Select(c => c.UserData));
        }

        Assert.Equal(start + 40, _bench.Header->SubmissionHead);
        _bench.AssertAtRest();
    }

    [Theory]
    [InlineData(Error.UnknownSystemCall, (ulong)SystemCall.Count)]
    [InlineData(Error.UnknownSystemCall, 0xFFFFul)]
    [InlineData(Error.UnknownSystemCall, (ulong)SystemCall.RingEnter)]
    [InlineData(Error.UnknownSystemCall, (ulong)SystemCall.ThreadExit)]
    [InlineData(Error.UnknownSystemCall, (ulong)SystemCall.ProcessExit)]
    [InlineData(Error.UnknownSystemCall, (ulong)SystemCall.MemoryMap)]
    [InlineData(Error.UnknownSystemCall, (ulong)SystemCall.MachineExit)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.CurrentCpu | 0x2_0000)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.Nop | 0x8000_0000)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.Nop | (1ul << 32))]
    [InlineData(Error.BadArgument, (ulong)SystemCall.Send | (0xFFul << 32))]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.Poll)]
    public void A_malformed_request_completes_with_an_error_and_the_rest_goes_on(Error expected, ulong request)
    {
        ulong handle = (SystemCall)(ushort)request == SystemCall.Send ? _bench.Create(ObjectKind.Endpoint) : 77;
        _bench.Submit(request, handle);
        _bench.Submit(SystemCall.Nop);
        Assert.Equal(2ul, _bench.Enter().Value);
        Assert.Equal([(0, expected, 0), (1, Error.None, 0)], _bench.TakeAll());
    }

    [Fact]
    public void A_request_whose_deadline_has_passed_is_not_begun()
    {
        ulong notification = _bench.Create(ObjectKind.Notification);
        _bench.System.Advance(10_000);
        _bench.Submit(SystemCall.Signal, notification, 1)->Deadline = (ulong)_bench.System.Clock - 1;
        _bench.Submit(SystemCall.Nop)->Deadline = 1;
        _bench.Submit(SystemCall.Signal, notification, 2)->Deadline = (ulong)_bench.System.Clock + 1000;
        _bench.Submit(SystemCall.Nop)->Deadline = 1ul << 63;
        _bench.Enter();
        Assert.Equal([Error.Expired, Error.Expired, Error.None, Error.BadArgument], _bench.TakeAll().Select(c => c.Error));
        Assert.Equal(2ul, _bench.System.Syscall(0, SystemCall.Poll, notification).Value);
    }

    [Theory]
    [InlineData(SystemCall.Poll)]
    [InlineData(SystemCall.MachineExit)]
    public void A_request_that_fails_may_stop_the_rest(SystemCall call)
    {
        _bench.Submit(SystemCall.Nop);
        _bench.Submit(RingSubmission.EncodeRequest(SystemCall.CurrentCpu, RingFlags.StopOnError));
        _bench.Submit(RingSubmission.EncodeRequest(call, RingFlags.StopOnError), 77);
        _bench.Submit(SystemCall.Nop);
        Assert.Equal(3ul, _bench.Enter().Value);
        Assert.Equal(1ul, _bench.Enter().Value);
        Assert.Equal(4, _bench.TakeAll().Count);
        _bench.AssertAtRest();
    }

    [Fact]
    public void Without_room_for_its_completion_a_request_is_not_begun()
    {
        using var bench = new RingBench(submissions: 8, completions: 2);
        ulong notification = bench.Create(ObjectKind.Notification);
        for (int i = 0; i < 5; i++)
        {
            bench.Submit(SystemCall.Signal, notification, 1ul << i);
        }

        Assert.Equal(2ul, bench.Enter().Value);
        Assert.Equal(3ul, bench.System.Syscall(0, SystemCall.Poll, notification).Value);
        Assert.Equal((1ul, 2ul), (bench.Header->Overflows, bench.Header->SubmissionHead));
        Assert.Equal(0ul, bench.Enter().Value);
        Assert.Equal(2ul, bench.Header->Overflows);
        Assert.Equal([0ul, 1ul], bench.TakeAll().Select(c => c.UserData));
        Assert.Equal(2ul, bench.Enter(2).Value);
        Assert.Equal(2ul, bench.Header->Overflows);
        Assert.Equal([2ul, 3ul], bench.TakeAll().Select(c => c.UserData));
        Assert.Equal(1ul, bench.Enter().Value);
        Assert.Equal([4ul], bench.TakeAll().Select(c => c.UserData));
    }

    [Theory]
    [InlineData(9ul)]
    [InlineData(1ul << 40)]
    [InlineData(ulong.MaxValue)]
    public void A_tail_that_is_nowhere_near_the_head_is_refused(ulong ahead)
    {
        _bench.Header->SubmissionTail = ahead;
        Assert.Equal(new SimulatedSystem.CallResult(Error.BadArgument, 0, true), _bench.Enter());
        Assert.Equal(0ul, _bench.Header->SubmissionHead);
        _bench.AssertAtRest();
    }

    [Theory]
    [InlineData(1ul)]
    [InlineData(1ul << 63)]
    public void A_completion_head_ahead_of_the_tail_leaves_no_room(ulong head)
    {
        _bench.Header->CompletionHead = head;
        _bench.Submit(SystemCall.Nop);
        Assert.Equal(0ul, _bench.Enter().Value);
        Assert.Equal(1ul, _bench.Header->Overflows);
    }

    [Fact]
    public void What_the_program_makes_of_the_kernels_counts_means_nothing()
    {
        const ulong at = 21;
        const int slot = (int)(at % RingBench.Entries);
        _bench.StartAt(at);
        _bench.Header->SubmissionHead = 3;
        _bench.Header->CompletionTail = 1ul << 50;
        _bench.Header->SubmissionMask = ulong.MaxValue;
        _bench.Header->CompletionMask = ulong.MaxValue;
        _bench.Header->SubmissionTail = at + 2;
        _bench.Submissions[slot] = new RingSubmission { UserData = 9 };
        _bench.Submissions[slot + 1] = new RingSubmission { Request = (ulong)SystemCall.CurrentCpu, UserData = 10 };
        Assert.Equal(2ul, _bench.Enter().Value);
        Assert.Equal((at + 2, at + 2), (_bench.Header->SubmissionHead, _bench.Header->CompletionTail));
        Assert.Equal((9ul, 10ul), (_bench.Completions[slot].UserData, _bench.Completions[slot + 1].UserData));
    }

    [Theory]
    [InlineData(Error.BadArgument, 0ul, 0ul, 8ul)]
    [InlineData(Error.BadArgument, 0ul, 8ul, 0ul)]
    [InlineData(Error.BadArgument, 0ul, 3ul, 8ul)]
    [InlineData(Error.BadArgument, 0ul, 128ul, 8ul)]
    [InlineData(Error.BadArgument, 0ul, 8ul, 128ul)]
    [InlineData(Error.BadAddress, 64ul, 8ul, 8ul)]
    [InlineData(Error.BadAddress, 4096ul, 8ul, 8ul)]
    [InlineData(Error.None, 0ul, 1ul, 64ul)]
    public void A_ring_needs_three_pages_and_sizes_that_are_powers_of_two(
        Error expected, ulong offset, ulong submissions, ulong completions)
    {
        uint before = _bench.System.Kernel->Rings.InUse;
        Assert.Equal(
            expected,
            _bench.System.Syscall(
                0, SystemCall.RingCreate, BootHandle.Process, _bench.Address + offset, submissions, completions).Error);
        Assert.Equal(before + (expected == Error.None ? 1u : 0), _bench.System.Kernel->Rings.InUse);
    }

    [Theory]
    [InlineData(UserLayout.StartPage)]
    [InlineData(UserLayout.Limit)]
    [InlineData(UserLayout.Limit - RingLayout.PartBytes)]
    [InlineData(UserLayout.Limit - (2 * RingLayout.PartBytes))]
    [InlineData(0xFFFF_8000_0000_0000)]
    [InlineData(0x7000_0000ul)]
    public void A_ring_lies_in_memory_that_the_process_owns(ulong address) => Assert.Equal(
        Error.BadAddress,
        _bench.System.Syscall(0, SystemCall.RingCreate, BootHandle.Process, address, 8, 8).Error);

    [Fact]
    public void Entering_needs_control_of_a_ring()
    {
        ulong weak = _bench.System.Syscall(
            0, SystemCall.CapabilityMint, _bench.Handle, (ulong)(Rights.All & ~Rights.Control)).Value;
        Assert.Equal(Error.MissingRight, _bench.System.Syscall(0, SystemCall.RingEnter, weak, 1).Error);
        Assert.Equal(Error.WrongKind, _bench.System.Syscall(0, SystemCall.RingEnter, BootHandle.Log, 1).Error);
        Assert.Equal(Error.StaleHandle, _bench.System.Syscall(0, SystemCall.RingEnter, 99, 1).Error);
        ulong enough = _bench.System.Syscall(0, SystemCall.CapabilityMint, _bench.Handle, (ulong)Rights.Control).Value;
        Assert.Equal(Error.None, _bench.System.Syscall(0, SystemCall.RingEnter, enough, 1).Error);
    }

    [Fact]
    public void A_ring_is_gone_with_its_last_capability_and_its_memory_is_left_alone()
    {
        _bench.Submit(SystemCall.CapabilityDelete, _bench.Handle);
        _bench.Submit(SystemCall.Nop);
        Assert.Equal(2ul, _bench.Enter().Value);
        Assert.Equal([(0, Error.None, 0), (1, Error.None, 0)], _bench.TakeAll());
        Assert.Equal(0u, _bench.System.Kernel->Rings.InUse);
        Assert.Equal(Error.StaleHandle, _bench.Enter().Error);
    }
}
