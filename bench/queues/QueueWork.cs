using Lachesis.Core.Sched;

namespace Lachesis.Benchmarks.Queues;

/// <summary>One operation, <see cref="WorkloadShape.Operations"/> times, on queues that are ready for it.</summary>
/// <typeparam name="TQueues">The queues.</typeparam>
public struct QueueWork<TQueues>
    where TQueues : struct, IQueues
{
    private readonly TQueues _queues;
    private readonly Operation _operation;
    private readonly Visits _visits;
    private bool _visitorsAreIn;
    private int _swapped;

    /// <summary>Fills the queues and lets a thread run from each.</summary>
    public QueueWork(TQueues queues, Operation operation, WorkloadShape shape, ref Arena arena)
    {
        _queues = queues;
        _operation = operation;
        for (int queue = 0; queue < shape.Queues; queue++)
        {
            for (int i = 0; i < shape.Residents; i++)
            {
                queues.Insert(queue, shape.Thread(queue, i), EnqueueReason.Woken);
            }

            queues.Start(queue);
        }

        _visits = operation is Operation.Migrate or Operation.Reweigh
            ? Visits.OfResidents(shape, queues, ref arena)
            : Visits.OfVisitors(shape, ref arena);
    }

    /// <summary>Undoes what <see cref="Run"/> did; not measured.</summary>
    public void Prepare()
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

    /// <summary>The operations.</summary>
    public void Run()
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
            case Operation.Migrate:
                Migrate();
                break;
            default:
                Reweigh();
                break;
        }
    }

    /// <summary>The number of the thread that runs from a queue.</summary>
    public readonly int Running(int queue) => _queues.Running(queue);

    private void Enqueue()
    {
        for (int i = 0; i < _visits.Count; i++)
        {
            Visit visit = _visits[i];
            _queues.Insert(visit.Queue, visit.Thread, EnqueueReason.Woken);
            _queues.Complete();
        }

        _visitorsAreIn = true;
    }

    private void Dequeue()
    {
        for (int i = 0; i < _visits.Count; i++)
        {
            Visit visit = _visits[i];
            _queues.Remove(visit.Queue, visit.Thread);
            _queues.Complete();
        }

        _visitorsAreIn = false;
    }

    private readonly void Pick()
    {
        for (int i = 0; i < WorkloadShape.Operations; i++)
        {
            _queues.Serve(0);
            _queues.Exchange(0, ReschedReason.SliceEnd);
            _queues.Complete();
        }
    }

    private void Wake()
    {
        for (int i = 0; i < _visits.Count; i++)
        {
            Visit visit = _visits[i];
            _queues.Insert(visit.Queue, visit.Thread, EnqueueReason.Woken);
            _queues.Exchange(visit.Queue, ReschedReason.Wake);
            _queues.Complete();
        }

        _visitorsAreIn = true;
    }

    // Each goes over to the other queue, and with the next round back.
    private void Migrate()
    {
        for (int done = 0; done < WorkloadShape.Operations; done += _visits.Count)
        {
            for (int i = 0; i < _visits.Count; i++)
            {
                Visit visit = _visits[i];
                _queues.Remove(visit.Queue ^ _swapped, visit.Thread);
                _queues.Insert(visit.Queue ^ _swapped ^ 1, visit.Thread, EnqueueReason.Moved);
                _queues.Complete();
            }

            _swapped ^= 1;
        }
    }

    // Every other one gets the heavy weight, the rest the light one; with the next round it is the other way round.
    private void Reweigh()
    {
        for (int done = 0; done < WorkloadShape.Operations; done += _visits.Count)
        {
            for (int i = 0; i < _visits.Count; i++)
            {
                bool heavy = ((i ^ _swapped) & 1) == 0;
                _queues.Reweigh(_visits[i].Queue, _visits[i].Thread, heavy ? ThreadPlan.HeavyWeight : ThreadPlan.LightWeight);
                _queues.Complete();
            }

            _swapped ^= 1;
        }
    }

    // Those that have come to run, too.
    private void PutToSleep()
    {
        for (int i = 0; i < _visits.Count; i++)
        {
            Visit visit = _visits[i];
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
