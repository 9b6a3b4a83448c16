using Lachesis.Core.Sched;

namespace Lachesis.Benchmarks.Queues;

/// <summary>The workloads, over whichever queues.</summary>
/// <typeparam name="TQueues">The queues.</typeparam>
public sealed class Workload<TQueues> : Workload
    where TQueues : struct, IQueues
{
    private readonly TQueues _queues;
    private readonly Operation _operation;
    private readonly Visit[] _visits;
    private bool _visitorsAreIn;
    private int _swapped;

    /// <summary>Fills the queues and lets a thread run from each.</summary>
    public Workload(TQueues queues, Operation operation, WorkloadShape shape)
    {
        _queues = queues;
        _operation = operation;
        for (int queue = 0; queue < shape.Queues; queue++)
        {
            for (int i = 0; i < shape.Residents; i++)
            {
                queues.Insert(queue, shape.Thread(queue, i), Arrival.Woken);
            }

            queues.Start(queue);
        }

        _visits = operation == Operation.Migrate ? Visit.OfResidents(shape, queues) : Visit.OfVisitors(shape);
    }

    /// <inheritdoc/>
    public override void Prepare()
    {
        if (_operation == Operation.Dequeue && !_visitorsAreIn)
        {
            Enqueue();
        }
        else if (_operation is Operation.Enqueue or Operation.Wake && _visitorsAreIn)
        {
            PutToSleep();
        }
    }

    /// <inheritdoc/>
    public override void Run()
    {
        switch (_operation)
        {
            case Operation.Enqueue:
                Enqueue();
                break;
            case Operation.Dequeue:
                Dequeue();
                break;
            case Operation.Pick:
                Pick();
                break;
            case Operation.Wake:
                Wake();
                break;
            default:
                Migrate();
                break;
        }
    }

    /// <inheritdoc/>
    public override int Running(int queue) => _queues.Running(queue);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _queues.Dispose();

    private void Enqueue()
    {
        foreach (Visit visit in _visits)
        {
            _queues.Insert(visit.Queue, visit.Thread, Arrival.Woken);
        }

        _visitorsAreIn = true;
    }

    private void Dequeue()
    {
        foreach (Visit visit in _visits)
        {
            _queues.Remove(visit.Queue, visit.Thread);
        }

        _visitorsAreIn = false;
    }

    private void Pick()
    {
        for (int i = 0; i < WorkloadShape.Operations; i++)
        {
            _queues.Serve(0);
            _queues.Exchange(0, SwitchReason.SliceEnd);
        }
    }

    private void Wake()
    {
        foreach (Visit visit in _visits)
        {
            _queues.Insert(visit.Queue, visit.Thread, Arrival.Woken);
            _queues.Exchange(visit.Queue, SwitchReason.Wake);
        }

        _visitorsAreIn = true;
    }

    // Each goes over to the other queue, and with the next round back.
    private void Migrate()
    {
        for (int done = 0; done < WorkloadShape.Operations; done += _visits.Length)
        {
            foreach (Visit visit in _visits)
            {
                _queues.Remove(visit.Queue ^ _swapped, visit.Thread);
                _queues.Insert(visit.Queue ^ _swapped ^ 1, visit.Thread, Arrival.Moved);
            }

            _swapped ^= 1;
        }
    }

    // Those that have come to run, too.
    private void PutToSleep()
    {
        foreach (Visit visit in _visits)
        {
            if (_queues.Running(visit.Queue) == visit.Thread)
            {
                _queues.Stop(visit.Queue);
                _queues.Start(visit.Queue);
            }
            else
            {
                _queues.Remove(visit.Queue, visit.Thread);
            }
        }

        _visitorsAreIn = false;
    }
}
