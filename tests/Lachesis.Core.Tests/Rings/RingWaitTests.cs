using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Rings;

/// <summary>Requests that make the thread wait, or give way, in the middle of its ring.</summary>
public sealed unsafe class RingWaitTests : IDisposable
{
    private readonly RingBench _bench;
    private readonly SimulatedSystem _system;
    private readonly Thread* _first;

    public RingWaitTests()
    {
        _system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });
        Races.Started(_system);
        _bench = new RingBench(_system);
        _first = _system.Cpu(0)->Current;
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_wait_completes_when_it_ends_and_the_rest_goes_on()
    {
        ulong notification = _bench.Create(ObjectKind.Notification);
        _bench.Submit(SystemCall.CurrentCpu);
        _bench.Submit(SystemCall.Wait, notification);
        _bench.Submit(SystemCall.Nop);
        Assert.False(_bench.Enter().WentOn);
        Assert.True(_system.Cpu(0)->Current == null);
        Assert.Equal((2ul, 1ul), (_bench.Header->SubmissionHead, _bench.Header->CompletionTail));
        _system.Syscall(1, SystemCall.Signal, notification, 5);
        _system.RunPendingWork();
        Assert.Equal([(0, Error.None, 0), (1, Error.None, 5), (2, Error.None, 0)], _bench.TakeAll());
        AssertBack(3);
    }

    [Theory]
    [InlineData(SystemCall.Park, Error.TimedOut)]
    [InlineData(SystemCall.SleepUntil, Error.None)]
    [InlineData(SystemCall.Wait, Error.TimedOut)]
    public void A_wait_that_times_out_completes_so(SystemCall call, Error expected)
    {
        ulong notification = _bench.Create(ObjectKind.Notification);
        ulong until = (ulong)_system.Clock + 5000;
        if (call == SystemCall.Park)
        {
            _bench.Submit(call, SimulatedSystem.DataAddress, 0, until);
        }
        else if (call == SystemCall.Wait)
        {
            _bench.Submit(call, notification, until);
        }
        else
        {
            _bench.Submit(call, until);
        }

        _bench.Submit(SystemCall.Nop);
        Assert.False(_bench.Enter().WentOn);
        _system.Advance(4000);
        _system.RunPendingWork();
        Assert.Empty(_bench.TakeAll());
        _system.Advance(1001);
        _system.RunPendingWork();
        Assert.Equal([(0, expected, 0), (1, Error.None, 0)], _bench.TakeAll());
        AssertBack(2);
    }

    [Fact]
    public void A_wait_that_fails_may_stop_the_rest()
    {
        _system.Advance(10);
        _bench.Submit(RingSubmission.EncodeRequest(SystemCall.Park, RingFlags.StopOnError), SimulatedSystem.DataAddress, 0, 1);
        _bench.Submit(SystemCall.Nop);
        _bench.Enter();
        _system.RunPendingWork();
        Assert.Equal([(0, Error.TimedOut, 0)], _bench.TakeAll());
        AssertBack(1);
    }

    [Fact]
    public void A_call_completes_with_the_answer_and_a_receive_with_the_message()
    {
        ulong endpoint = _bench.Create(ObjectKind.Endpoint);
        ulong reply = _bench.Create(ObjectKind.Reply);
        _bench.Submit(RingSubmission.EncodeRequest(SystemCall.Call, RingFlags.None, 4), endpoint, 1, 2, 3)->Word3 = 4;
        Assert.False(_bench.Enter().WentOn);
        _system.Syscall(1, SystemCall.Receive, endpoint | reply << 32);
        Assert.Equal(
            (4ul, 1ul, 2ul, 3ul, 4ul),
            (_system.Cpu(1)->Current->Context.Rdi, _system.Cpu(1)->Current->Context.Rsi, _system.Cpu(1)->Current->Context.R8,
                _system.Cpu(1)->Current->Context.R9, _system.Cpu(1)->Current->Context.R10));
        _system.Syscall(1, SystemCall.Reply, reply, 11, 12, 13);
        _system.RunPendingWork();
        RingCompletion* answer = _bench.Completions;
        Assert.Equal((Error.None, 0ul), (answer->Error, answer->Tag));
        Assert.Equal((11ul, 12ul, 13ul), (answer->Word0, answer->Word1, answer->Word2));
        AssertBack(1);
    }

    [Fact]
    public void A_message_that_is_there_already_is_received_at_once()
    {
        ulong endpoint = _bench.Create(ObjectKind.Endpoint);
        ulong badged = _system.Syscall(0, SystemCall.CapabilityMint, endpoint, (ulong)Rights.Same, 42).Value;
        _system.Syscall(1, SystemCall.Send, badged, 7, 8, 9);
        _bench.Submit(SystemCall.Receive, endpoint);
        _bench.Submit(SystemCall.Nop);
        Assert.Equal(new SimulatedSystem.CallResult(Error.None, 2, true), _bench.Enter());
        RingCompletion* message = _bench.Completions;
        Assert.Equal((Error.None, 42ul), (message->Error, message->Value));
        Assert.Equal((7ul, 8ul, 9ul), (message->Word0, message->Word1, message->Word2));
    }

    [Fact]
    public void A_completion_leaves_no_word_of_an_earlier_message_where_none_came()
    {
        ulong endpoint = _bench.Create(ObjectKind.Endpoint);
        _bench.Completions[0].Tag = 99;
        _bench.Submit(RingSubmission.EncodeRequest(SystemCall.Receive, RingFlags.None, MessageTag.NoWait), endpoint);
        _bench.Enter();
        Assert.Equal([(0, Error.WouldBlock, 0)], _bench.TakeAll());
        Assert.Equal(99ul, _bench.Completions[0].Tag);
    }

    [Fact]
    public void A_thread_that_yields_in_its_ring_goes_on_when_it_has_its_turn()
    {
        using var bench = new RingBench(cpus: 1);
        SimulatedSystem system = bench.System;
        Thread* first = system.Cpu(0)->Current;
        system.StartThread(0);
        bench.Submit(SystemCall.Nop);
        bench.Submit(SystemCall.Yield);
        bench.Submit(SystemCall.Nop);
        Assert.False(bench.Enter().WentOn);
        Assert.True(system.Cpu(0)->Current != first);
        Assert.Equal(1ul, bench.Header->CompletionTail);
        system.Syscall(0, SystemCall.Yield);
        Assert.True(system.Cpu(0)->Current == first);
        Assert.Equal(3, bench.TakeAll().Count);
        bench.AssertAtRest();
    }

    [Fact]
    public void Between_batches_a_slice_that_has_ended_gives_the_cpu_to_another()
    {
        using var bench = new RingBench(RingLayout.MaxEntries, RingLayout.MaxEntries, 1);
        SimulatedSystem system = bench.System;
        Thread* first = system.Cpu(0)->Current;
        system.StartThread(0);
        for (uint i = 0; i < RingLayout.MaxEntries; i++)
        {
            bench.Submit(SystemCall.CurrentCpu);
        }

        int left = 20;
        system.OnPoint = () =>
        {
            if (--left == 0)
            {
                system.Advance(10 * system.Shape.SliceNs);
            }
        };
        bench.Enter();
        system.OnPoint = null;
        Assert.True(system.Cpu(0)->Current != first);
        Assert.InRange(bench.Header->CompletionTail, 1ul, RingLayout.MaxEntries / 2);
        Assert.Equal(bench.Header->CompletionTail, bench.Header->SubmissionHead);
        system.Syscall(0, SystemCall.ThreadExit, 0);
        system.RunPendingWork();
        Assert.True(system.Cpu(0)->Current == first);
        Assert.Equal(RingLayout.MaxEntries, (uint)bench.TakeAll().Count);
        bench.AssertAtRest();
    }

    [Fact]
    public void A_suspended_thread_goes_on_with_its_ring_when_it_is_resumed()
    {
        ulong notification = _bench.Create(ObjectKind.Notification);
        ulong self = BootHandle.MainThread;
        _bench.Submit(SystemCall.ThreadSuspend, self);
        _bench.Submit(SystemCall.Signal, notification, 1);
        Assert.False(_bench.Enter().WentOn);
        Assert.Equal(ThreadLocation.Suspended, SimulatedSystem.StateOf(_first).Location);
        Assert.Equal(Error.WouldBlock, _system.Syscall(1, SystemCall.Poll, notification).Error);
        _system.Syscall(1, SystemCall.ThreadResume, self);
        _system.RunPendingWork();
        Assert.Equal([Error.None, Error.None], _bench.TakeAll().Select(c => c.Error));
        AssertBack(2);
    }

    [Fact]
    public void A_thread_may_send_itself_to_another_cpu_in_the_middle()
    {
        _system.Syscall(1, SystemCall.ThreadExit, 0);
        _system.RunPendingWork();
        _bench.Submit(SystemCall.ThreadSetAffinity, BootHandle.MainThread, 2);
        _bench.Submit(SystemCall.CurrentCpu);
        Assert.False(_bench.Enter().WentOn);
        _system.RunPendingWork();
        Assert.True(_system.Cpu(1)->Current == _first);
        Assert.Equal([(0, Error.None, 0), (1, Error.None, 1)], _bench.TakeAll());
        _bench.AssertAtRest();
    }

    // The call that entered the ring has given its result.
    private void AssertBack(ulong taken)
    {
        Assert.True(_system.Cpu(0)->Current == _first);
        Assert.Equal((0ul, taken, 0ul), (_first->Context.Rax, _first->Context.Rdx, _first->Context.ResumeMode));
        Assert.True(_first->Context.Ring == null);
        _bench.AssertAtRest();
    }
}
