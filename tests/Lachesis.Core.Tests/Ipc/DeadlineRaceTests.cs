using System;
using Lachesis.Abi;
using Lachesis.Core.Check;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc;

/// <summary>
/// A call's deadline comes on the CPU that it was made on, while another one takes its message: the timer finds the caller
/// claimed and leaves it to the claimer.
/// </summary>
public sealed unsafe class DeadlineRaceTests : IDisposable
{
    private readonly IpcSystem _ipc = new(cpus: 2);
    private readonly Thread* _caller;
    private int _fired;

    public DeadlineRaceTests()
    {
        _caller = _ipc.Start(out ulong handle);
        Assert.True(System.Cpu(1)->Current == _caller);
        IpcBuffer* buffer = _ipc.SetBuffer(0, handle);
        buffer->Deadline = (ulong)System.Clock + 1000;
        Assert.False(System.CallWithMessage(1, SystemCall.Call, MessageTag.HasDeadline, _ipc.Endpoint).WentOn);
        System.Advance(2000);
        Assert.True(System.IsTimerDue(1));
    }

    private SimulatedSystem System => _ipc.System;

    public void Dispose()
    {
        SeededBugs.Enable(SeededBug.None);
        _ipc.Dispose();
    }

    [Fact]
    public void The_caller_is_told_and_its_message_is_not_taken()
    {
        Assert.Equal(Error.WouldBlock, ReceiveWhileTheTimerFires().Error);

        Assert.Equal(1, _fired);
        Assert.NotEqual(ThreadLocation.Blocked, SimulatedSystem.StateOf(_caller).Location);
        Assert.Equal(Error.TimedOut, IpcSystem.ResultOf(_caller));
        Assert.Equal(Error.BadState, _ipc.Pass(SystemCall.Reply, 0, _ipc.Reply).Error);
    }

    [Fact]
    public void Without_the_second_look_it_would_wait_past_its_deadline()
    {
        SeededBugs.Enable(SeededBug.SkippedDeadlineCheck);

        InvariantException problem = Assert.Throws<InvariantException>(() => ReceiveWhileTheTimerFires());

        Assert.Contains("timer and deadline disagree", problem.Message, StringComparison.Ordinal);
    }

    // Between the exchange that claims the caller and the second look, with the endpoint and the reply object locked: the
    // timer's way to a claimed thread needs neither.
    private SimulatedSystem.CallResult ReceiveWhileTheTimerFires()
    {
        System.StopsWithLocks = true;
        System.OnPoint = () =>
        {
            bool claimed = SimulatedSystem.StateOf(_caller).Location == ThreadLocation.Claimed;
            if (claimed && _fired == 0)
            {
                _fired++;
                System.FireTimer(1);
            }
        };
        return _ipc.Pass(SystemCall.Receive, MessageTag.NoWait, _ipc.Both);
    }
}
