using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Place;

public sealed unsafe class WakeInboxTests : IDisposable
{
    private const int Threads = 60;
    private const uint Cpus = 5;

    private readonly SimulatedSystem _system = new(new SystemShape { Cpus = Cpus }) { Checking = false };
    private readonly NativeBlock _threads = new(Threads * (ulong)sizeof(Thread));

    public void Dispose()
    {
        _threads.Dispose();
        _system.Dispose();
    }

    [Fact]
    public void Who_came_first_is_taken_first()
    {
        Push(0);
        Push(1);
        Push(2);
        Assert.True(WakeInbox<SimulatedMachine>.HasAny(_system.Cpu(0)));
        Assert.Equal([0, 1, 2], TakeAll());
        Assert.False(WakeInbox<SimulatedMachine>.HasAny(_system.Cpu(0)));
        Assert.Empty(TakeAll());
    }

    [Fact]
    public void A_pushed_thread_says_whose_inbox_it_is_in()
    {
        Push(0);
        ThreadState state = SimulatedSystem.StateOf(ThreadAt(0));
        Assert.Equal((ThreadLocation.Inbox, 0u, 9u), (state.Location, state.Cpu, state.Generation));
    }

    [Fact]
    public void Nothing_is_lost_when_pushes_and_takes_come_in_the_middle_of_a_push() => Operations.Check(operations =>
    {
        int pushed = 0;
        var taken = new List<int>();
        var choices = new Queue<int>(operations);
        _system.OnPoint = () =>
        {
            if (pushed < Threads && choices.TryDequeue(out int choice) && choice % 3 == 0)
            {
                Enter(choice);
            }
        };
        while (pushed < Threads && choices.TryDequeue(out int choice))
        {
            Enter(choice);
        }

        _system.OnPoint = null;
        taken.AddRange(TakeAll());
        Assert.Equal(Enumerable.Range(0, pushed), taken.Order());

        // CPU 0 owns the inbox and sometimes takes; the others push, one in the middle of the other's push.
        void Enter(int choice)
        {
            uint cpu = (uint)(choice / 3) % Cpus;
            if (!_system.IsOutside(cpu))
            {
                return;
            }

            int index = pushed;
            pushed += cpu == 0 ? 0 : 1;
            _system.Enter(cpu, _ =>
            {
                if (cpu == 0)
                {
                    taken.AddRange(TakeAll());
                }
                else
                {
                    Push(index, cpu);
                }
            });
        }
    });

    private void Push(int index, uint from = 1)
    {
        ThreadAt(index)->StateWord = new ThreadState(ThreadLocation.Claimed, from, 9).Word;
        WakeInbox<SimulatedMachine>.Push(_system.Cpu(from), _system.Cpu(0), ThreadAt(index));
    }

    private Thread* ThreadAt(int index) => (Thread*)_threads.Start + index;

    private List<int> TakeAll()
    {
        var taken = new List<int>();
        for (Thread* thread = WakeInbox<SimulatedMachine>.TakeAll(_system.Cpu(0)); thread != null; thread = thread->QueueNext)
        {
            taken.Add((int)(thread - ThreadAt(0)));
        }

        return taken;
    }
}
