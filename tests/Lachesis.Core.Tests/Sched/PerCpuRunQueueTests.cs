using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched;

public sealed unsafe class PerCpuRunQueueTests : IDisposable
{
    private const int Threads = 12;

    private readonly NativeBlock _threads = new(Threads * (ulong)sizeof(Thread));
    private readonly NativeBlock _kernel = new((ulong)sizeof(Kernel));
    private readonly NativeBlock _cpu = new((ulong)sizeof(Cpu));

    private Cpu* Owner
    {
        get
        {
            Cpu* cpu = (Cpu*)_cpu.Start;
            cpu->Kernel = (Kernel*)_kernel.Start;
            return cpu;
        }
    }

    public void Dispose()
    {
        _threads.Dispose();
        _kernel.Dispose();
        _cpu.Dispose();
    }

    [Fact]
    public void An_empty_queue_gives_nothing()
    {
        PerCpuRunQueue queue = default;
        queue.Initialize(SchedulingPolicy.RoundRobin);
        Assert.True(queue.PickNext(Owner) == null);
        Assert.Equal(0ul, queue.Count);
    }

    [Fact]
    public void Appending_taking_and_removing_agree_with_a_list() => Operations.Check(operations =>
    {
        PerCpuRunQueue queue = default;
        queue.Initialize(SchedulingPolicy.RoundRobin);
        var model = new List<nint>();
        foreach (int operation in operations)
        {
            Thread* thread = (Thread*)_threads.Start + (operation / 4 % Threads);
            if (operation % 4 == 0)
            {
                Assert.Equal(model.Count == 0 ? 0 : model[0], (nint)queue.PickNext(Owner));
                model.RemoveRange(0, Math.Min(1, model.Count));
            }
            else if (model.Remove((nint)thread))
            {
                queue.Dequeue(Owner, thread);
            }
            else
            {
                queue.Enqueue(Owner, thread);
                model.Add((nint)thread);
            }

            Assert.Equal((ulong)model.Count, queue.Count);
            Assert.Equal(model, Walk(ref queue));
        }
    });

    private static List<nint> Walk(ref PerCpuRunQueue queue)
    {
        var found = new List<nint>();
        Thread* previous = null;
        for (Thread* thread = queue.First; thread != null; thread = thread->QueueNext)
        {
            found.Add((nint)thread);
            Assert.True(thread->QueuePrevious == previous);
            previous = thread;
        }

        return found;
    }
}
