using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;

namespace Lachesis.Benchmarks.Queues;

/// <summary>The kernel's own run queues, each in a CPU of its own, over threads as they lie in the kernel's pool.</summary>
/// <typeparam name="TProbe">What is told of each call of the kernel's code.</typeparam>
public readonly unsafe struct KernelQueues<TProbe> : IQueues
    where TProbe : struct, IProbe
{
    private readonly TProbe _probe;
    private readonly Thread* _threads;
    private readonly Cpu* _cpus;

    /// <summary>Empty queues, in memory of <see cref="BytesFor"/> their shape.</summary>
    public KernelQueues(
        SchedulingPolicy policy, FairFeatures features, WorkloadShape shape, ref Arena arena, TProbe probe)
    {
        _probe = probe;
        _threads = (Thread*)arena.Take((ulong)shape.Threads * (ulong)sizeof(Thread));
        _cpus = (Cpu*)arena.Take((ulong)shape.Queues * (ulong)sizeof(Cpu));
        Kernel* kernel = (Kernel*)arena.Take((ulong)sizeof(Kernel));
        kernel->FairFeatures = features;
        uint nodes = NodesFor(shape);
        DeadlineNode* firstNode = (DeadlineNode*)arena.Take((ulong)shape.Queues * nodes * (ulong)sizeof(DeadlineNode));
        for (int i = 0; i < shape.Queues; i++)
        {
            _cpus[i].Id = (uint)i;
            _cpus[i].Kernel = kernel;
            _cpus[i].RunQueue.Fair.Tree->Initialize(firstNode + (i * (int)nodes));
            _cpus[i].RunQueue.Initialize(policy);
        }

        for (int i = 0; i < shape.Threads; i++)
        {
            ThreadPlan plan = new(i);
            ParameterUpdates.Apply(_threads + i, new SchedulingParameters(
                plan.Weight, plan.Priority, plan.RequestNs, SchedulingLimits.DefaultQuantumNs));
            _threads[i].Fair.Lag = plan.Lag;
            _threads[i].Fair.LagCpu = Thread.NoCpu;
        }
    }

    /// <summary>The memory that queues of a shape take.</summary>
    public static ulong BytesFor(WorkloadShape shape) =>
        Arena.SizeOf((ulong)shape.Threads * (ulong)sizeof(Thread))
        + Arena.SizeOf((ulong)shape.Queues * (ulong)sizeof(Cpu))
        + Arena.SizeOf((ulong)sizeof(Kernel))
        + Arena.SizeOf((ulong)shape.Queues * NodesFor(shape) * (ulong)sizeof(DeadlineNode));

    /// <inheritdoc/>
    public void Insert(int queue, int thread, EnqueueReason arrival)
    {
        Cpu* cpu = _cpus + queue;
        Thread* inserted = _threads + thread;
        inserted->EnqueueReason = arrival;
        _probe.Begin();
        cpu->RunQueue.Enqueue(cpu, inserted);
        _probe.End();
    }

    /// <inheritdoc/>
    public void Remove(int queue, int thread)
    {
        Cpu* cpu = _cpus + queue;
        Thread* removed = _threads + thread;
        _probe.Begin();
        cpu->RunQueue.Dequeue(cpu, removed);
        _probe.End();
    }

    /// <inheritdoc/>
    public void Reweigh(int queue, int thread, uint weight)
    {
        Thread* changed = _threads + thread;
        ulong others = changed->AppliedParameters & ~SchedulingParameters.MaskOf(SchedulingParameter.Weight);
        SchedulingParameters wanted = new(others | weight);
        _probe.Begin();
        _cpus[queue].RunQueue.ApplyParameters(changed, wanted);
        _probe.End();
    }

    /// <inheritdoc/>
    public void Start(int queue) => _cpus[queue].Current = _cpus[queue].RunQueue.PickNext(_cpus + queue);

    /// <inheritdoc/>
    public void Stop(int queue)
    {
        _cpus[queue].RunQueue.StopRunning(_cpus + queue, _cpus[queue].Current);
        _cpus[queue].Current = null;
    }

    /// <inheritdoc/>
    public void Serve(int queue)
    {
        FairEntity* running = &_cpus[queue].Current->Fair;
        running->VirtualRuntime = running->Deadline;
    }

    /// <inheritdoc/>
    public void Exchange(int queue, ReschedReason reason)
    {
        Cpu* cpu = _cpus + queue;
        Thread* running = cpu->Current;
        _probe.Begin();
        Thread* next = cpu->RunQueue.ReplaceRunning(cpu, running, reason);
        _probe.End();
        if (next != null)
        {
            cpu->Current = next;
        }
    }

    /// <inheritdoc/>
    public int Running(int queue) => _cpus[queue].Current == null ? -1 : (int)(_cpus[queue].Current - _threads);

    /// <inheritdoc/>
    public void Complete() => _probe.Complete();

    private static uint NodesFor(WorkloadShape shape) => DeadlineTree.MaxNodesFor((uint)shape.Threads);
}
