using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Core.Sched.Priority;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Priority;

public sealed unsafe class PriorityLevelsTests : IDisposable
{
    private const int Threads = 30;

    // Both sides of every word's edge.
    private static readonly uint[] s_priorities = [0, 1, 63, 64, 127, 128, 191, 192, 254, 255];

    private readonly NativeBlock _threads = new(Threads * (ulong)sizeof(Thread));
    private readonly NativeBlock _levels = new((ulong)sizeof(PriorityLevels));

    private PriorityLevels* Levels => (PriorityLevels*)_levels.Start;

    public void Dispose()
    {
        _threads.Dispose();
        _levels.Dispose();
    }

    [Fact]
    public void Appending_prepending_and_removing_agree_with_a_sorted_list() => Operations.Check(operations =>
    {
        *Levels = default;
        var model = new List<nint>();
        foreach (int operation in operations)
        {
            Thread* thread = (Thread*)_threads.Start + (operation / 3 % Threads);
            if (model.Remove((nint)thread))
            {
                Levels->Remove(thread);
            }
            else
            {
                thread->Priority = s_priorities[operation / 97 % s_priorities.Length];
                bool first = operation % 3 == 0;
                int at = model.TakeWhile(other => Stays(other, thread, first)).Count();
                model.Insert(at, (nint)thread);
                if (first)
                {
                    Levels->Prepend(thread);
                }
                else
                {
                    Levels->Append(thread);
                }
            }

            Assert.Equal(model, Walk());
            Assert.Equal(model.Count == 0 ? -1 : (int)((Thread*)model[0])->Priority, Levels->HighestLevel);
        }
    });

    [Fact]
    public void Every_level_is_found() => Assert.All(Enumerable.Range(0, 256), level =>
    {
        *Levels = default;
        Thread* thread = (Thread*)_threads.Start;
        thread->Priority = (uint)level;
        Levels->Append(thread);
        Assert.Equal(level, Levels->HighestLevel);
        Levels->Remove(thread);
        Assert.Equal(-1, Levels->HighestLevel);
    });

    private static bool Stays(nint other, Thread* thread, bool first)
    {
        uint priority = ((Thread*)other)->Priority;
        return first ? priority > thread->Priority : priority >= thread->Priority;
    }

    private List<nint> Walk()
    {
        var found = new List<nint>();
        for (Thread* thread = Levels->First; thread != null; thread = Levels->After(thread))
        {
            found.Add((nint)thread);
        }

        return found;
    }
}
