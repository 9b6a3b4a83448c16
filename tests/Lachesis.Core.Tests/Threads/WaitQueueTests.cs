using System;
using System.Collections.Generic;
using Lachesis.Core.Tests.Machines;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Threads;

public sealed unsafe class WaitQueueTests : IDisposable
{
    private const int Threads = 12;

    private readonly NativeBlock _threads = new(Threads * (ulong)sizeof(Thread));

    public void Dispose() => _threads.Dispose();

    [Fact]
    public void Waiters_keep_their_order_whoever_leaves() => Operations.Check(operations =>
    {
        WaitQueue queue = default;
        var model = new List<nint>();
        foreach (int operation in operations)
        {
            Thread* thread = (Thread*)_threads.Start + (operation % Threads);
            if (model.Remove((nint)thread))
            {
                queue.Remove(thread);
            }
            else
            {
                queue.Append(thread);
                model.Add((nint)thread);
            }

            var found = new List<nint>();
            Thread* last = null;
            for (Thread* next = queue.First; next != null; next = next->QueueNext)
            {
                found.Add((nint)next);
                Assert.True(next->QueuePrevious == last);
                last = next;
            }

            Assert.Equal(model, found);
            Assert.True(queue.Last == last);
        }
    });
}
