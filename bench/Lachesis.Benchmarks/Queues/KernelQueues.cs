using System.Collections.Generic;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;

namespace Lachesis.Benchmarks.Queues;

/// <summary>The kernel's own run queues, each in a CPU of its own, over threads as they lie in the kernel's pool.</summary>
public readonly unsafe struct KernelQueues : IQueues
{
    private const nuint Alignment = 4096;

    private readonly Thread* _threads;
    private readonly Cpu* _cpus;
    private readonly Kernel* _kernel;
    private readonly DeadlineNode* _nodes;

    /// <summary>Empty queues.</summary>
    public KernelQueues(SchedulingPolicy policy, int queues, IReadOnlyList<ThreadPlan> plans)
    {
        _threads = (Thread*)Allocate((nuint)plans.Count * (nuint)sizeof(Thread));
        _cpus = (Cpu*)Allocate((nuint)queues * (nuint)sizeof(Cpu));
        _kernel = (Kernel*)Allocate((nuint)sizeof(Kernel));
        _kernel->FairFeatures = FairFeatures.None;
        uint nodes = DeadlineTree.NodesFor((uint)plans.Count);
        _nodes = (DeadlineNode*)Allocate((nuint)queues * nodes * (nuint)sizeof(DeadlineNode));
        for (int i = 0; i < queues; i++)
        {
            _cpus[i].Id = (uint)i;
            _cpus[i].Kernel = _kernel;
            _cpus[i].RunQueue.Fair.Tree->Initialize(_nodes + (i * (int)nodes));
            _cpus[i].RunQueue.Initialize(policy);
        }

        for (int i = 0; i < plans.Count; i++)
        {
            ThreadPlan plan = plans[i];
            Parameters.Apply(_threads + i, new SchedulingParameters(
                plan.Weight, plan.Priority, plan.RequestNs, SchedulingLimits.DefaultQuantumNs));
            _threads[i].Fair.Lag = plan.Lag;
            _threads[i].Fair.LagCpu = Thread.NoCpu;
        }
    }

    /// <inheritdoc/>
    public void Insert(int queue, int thread, Arrival arrival)
    {
        _threads[thread].Arrival = arrival;
        _cpus[queue].RunQueue.Insert(_cpus + queue, _threads + thread);
    }

    /// <inheritdoc/>
    public void Remove(int queue, int thread) => _cpus[queue].RunQueue.Remove(_cpus + queue, _threads + thread);

    /// <inheritdoc/>
    public void Start(int queue) => _cpus[queue].Current = _cpus[queue].RunQueue.TakeNext(_cpus + queue);

    /// <inheritdoc/>
    public void Stop(int queue)
    {
        _cpus[queue].RunQueue.Leave(_cpus + queue, _cpus[queue].Current);
        _cpus[queue].Current = null;
    }

    /// <inheritdoc/>
    public void Serve(int queue)
    {
        FairEntity* running = &_cpus[queue].Current->Fair;
        running->Runtime = running->Deadline;
    }

    /// <inheritdoc/>
    public void Exchange(int queue, SwitchReason reason)
    {
        Cpu* cpu = _cpus + queue;
        Thread* next = cpu->RunQueue.Exchange(cpu, cpu->Current, reason);
        if (next != null)
        {
            cpu->Current = next;
        }
    }

    /// <inheritdoc/>
    public int Running(int queue) => _cpus[queue].Current == null ? -1 : (int)(_cpus[queue].Current - _threads);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_threads);
        NativeMemory.AlignedFree(_cpus);
        NativeMemory.AlignedFree(_kernel);
        NativeMemory.AlignedFree(_nodes);
    }

    private static void* Allocate(nuint bytes)
    {
        void* block = NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(block, bytes);
        return block;
    }
}
