using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Change;

/// <summary>A run queue whose policy changes while threads of the old ones are still queued.</summary>
public sealed unsafe class OldPolicyThreadTests : IDisposable
{
    private const int Threads = 14;

    private readonly NativeBlock _threads = new(Threads * (ulong)sizeof(Thread));
    private readonly NativeBlock _nodes = new(DeadlineTree.MaxNodesFor(Threads) * (ulong)sizeof(DeadlineNode));
    private readonly NativeBlock _kernel = new((ulong)sizeof(Kernel));
    private readonly NativeBlock _cpu = new((ulong)sizeof(Cpu));

    private Cpu* Owner => (Cpu*)_cpu.Start;

    private PerCpuRunQueue* Queue => &Owner->RunQueue;

    public void Dispose()
    {
        _threads.Dispose();
        _nodes.Dispose();
        _kernel.Dispose();
        _cpu.Dispose();
    }

    [Fact]
    public void With_strays_of_every_policy_nobody_is_lost_and_the_next_is_the_policys_or_else_a_stray() => Operations.Check(operations =>
    {
        Begin();

        // In the order in which they came under the policy that they are queued under.
        var queued = new List<nint>();
        Thread* running = null;
        foreach (int operation in operations)
        {
            Thread* thread = (Thread*)_threads.Start + (operation / 8 % Threads);
            bool present = queued.Contains((nint)thread);
            switch (operation % 8)
            {
                case 0 when running == null:
                    nint expected = Next(queued);
                    running = Queue->PickNext(Owner);
                    Assert.Equal(expected, (nint)running);
                    queued.Remove(expected);
                    Assert.True(running == null || running->QueuedPolicy == Queue->Policy);
                    break;
                case 0 or 1 when running != null:
                    FairCharge(running, operation);
                    running->EnqueueReason = (EnqueueReason)(operation / 8 % 3);
                    Queue->StopRunning(Owner, running);
                    running = null;
                    break;
                case 2:
                    Queue->SetPolicy(Owner, (SchedulingPolicy)(operation / 8 % 3), running);
                    break;
                case 3:
                    Thread* stray = FirstStray(queued);
                    Assert.Equal(stray != null, Queue->RequeueOldPolicyThread(Owner));
                    if (stray != null)
                    {
                        Assert.Equal(Queue->Policy, stray->QueuedPolicy);
                        queued.Remove((nint)stray);
                        queued.Add((nint)stray);
                    }

                    break;
                case 4 when present:
                    Queue->Dequeue(Owner, thread);
                    Assert.Equal(EnqueueReason.Moved, thread->EnqueueReason);
                    queued.Remove((nint)thread);
                    break;
                case 5 when present:
                    bool moves = thread->QueuedPolicy == SchedulingPolicy.Priority
                        && thread->Priority != (uint)operation / 8 % 5;
                    Queue->ApplyParameters(thread, Parameters(operation / 8));
                    if (moves)
                    {
                        queued.Remove((nint)thread);
                        queued.Add((nint)thread);
                    }

                    break;
                default:
                    if (!present && thread != running)
                    {
                        Queue->Enqueue(Owner, thread);
                        queued.Add((nint)thread);
                    }

                    break;
            }

            Check(queued, running);
        }
    });

    private void Begin()
    {
        new Span<byte>(_threads.Start, (int)_threads.Length).Clear();
        new Span<byte>(_cpu.Start, (int)_cpu.Length).Clear();
        Owner->Kernel = (Kernel*)_kernel.Start;
        Queue->Fair.Tree->Initialize((DeadlineNode*)_nodes.Start);
        for (int i = 0; i < Threads; i++)
        {
            ParameterUpdates.Apply((Thread*)_threads.Start + i, Parameters(i));
        }
    }

    private static SchedulingParameters Parameters(int seed) => new(
        (uint)(1 + (seed * 7919 % 5000)), (uint)(seed % 5), (uint)(100_000 + (seed % 7 * 300_000)), 1_000_000);

    private void FairCharge(Thread* thread, int operation)
    {
        if (Queue->TracksRunning)
        {
            Core.Sched.Fair.FairQueue.Charge(thread, new Duration(operation));
        }
    }

    private void Check(List<nint> queued, Thread* running)
    {
        Assert.Equal((ulong)queued.Count, Queue->Count);
        Assert.Equal(queued.Any(IsStray), Queue->HasOldPolicyThreads);
        var met = new List<nint>();
        for (Thread* thread = Queue->First; thread != null && met.Count <= queued.Count; thread = Queue->After(thread))
        {
            met.Add((nint)thread);
        }

        Assert.Equal(queued.Order(), met.Order());
        Assert.Equal(met.OrderBy(IsStray), met);
        Thread* fair = Queue->Policy == SchedulingPolicy.Fair ? running : null;
        Assert.Equal((nint)fair, (nint)Queue->Fair.Running);
        Assert.Equal(queued.Where(at => ((Thread*)at)->QueuedPolicy == SchedulingPolicy.Fair).Sum(at => ((Thread*)at)->Weight), Queue->Fair.QueuedWeight);
    }

    private bool IsStray(nint thread) => ((Thread*)thread)->QueuedPolicy != Queue->Policy;

    // By the policy in force among its own; if there are none, the first stray.
    private nint Next(List<nint> queued)
    {
        List<nint> own = [.. queued.Where(at => !IsStray(at))];
        return own.Count != 0 ? Best(own, Queue->Policy) : (nint)FirstStray(queued);
    }

    // Of the first other policy that has any, its first.
    private Thread* FirstStray(List<nint> queued)
    {
        IGrouping<SchedulingPolicy, nint>? strays = queued.Where(IsStray)
            .GroupBy(at => ((Thread*)at)->QueuedPolicy).OrderBy(group => group.Key).FirstOrDefault();
        return strays is null ? null : (Thread*)First([.. strays], strays.Key);
    }

    private static nint First(List<nint> own, SchedulingPolicy policy) => policy switch
    {
        SchedulingPolicy.Fair => own.OrderBy(at => ((Thread*)at)->Fair.Deadline - ((Thread*)own[0])->Fair.Deadline).First(),
        SchedulingPolicy.Priority => own.OrderByDescending(at => ((Thread*)at)->Priority).First(),
        _ => own[0],
    };

    private static nint Best(List<nint> own, SchedulingPolicy policy)
    {
        if (policy != SchedulingPolicy.Fair)
        {
            return First(own, policy);
        }

        VirtualTime origin = ((Thread*)own[0])->Fair.VirtualRuntime;
        Int128 sum = 0;
        Int128 weight = 0;
        foreach (nint at in own)
        {
            sum += (Int128)(((Thread*)at)->Fair.VirtualRuntime - origin) * ((Thread*)at)->Weight;
            weight += ((Thread*)at)->Weight;
        }

        return First([.. own.Where(at => (((Thread*)at)->Fair.VirtualRuntime - origin) * weight <= sum)], policy);
    }
}
