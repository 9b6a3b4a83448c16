using System.Threading;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Producers and consumers of all CPUs at a buffer of a few places, with a mutex and two condition variables.</summary>
internal static unsafe class ConditionChecks
{
    private const ulong Items = 1_200;
    private const ulong Places = 3;

    private struct Buffer
    {
        internal Mutex Mutex;
        internal Condition NotFull;
        internal Condition NotEmpty;
        internal ulong Filled;
        internal ulong Produced;
        internal ulong Taken;
        internal ulong Outside;
        internal fixed ulong Contents[(int)Places];
    }

    internal static void Run()
    {
        uint each = Program.Cpus + 1;
        Buffer* buffer = (Buffer*)Memory.Map((ulong)sizeof(Buffer));
        ThreadGroup producers = ThreadGroup.Allocate(each);
        ThreadGroup consumers = ThreadGroup.Allocate(each);
        for (uint i = 0; i < each; i++)
        {
            consumers.AddAndStartOn(i % Program.Cpus, &Consume, (ulong)buffer);
            producers.AddAndStartOn((i + 1) % Program.Cpus, &Produce, (ulong)buffer);
        }

        producers.JoinAll();
        ulong sum = consumers.JoinAll();
        Report.Check(
            sum == Items * (Items + 1) / 2 && buffer->Filled == 0,
            "what threads pass through a buffer with a mutex and condition variables arrives once each");
        Report.Check(buffer->Outside == 0, "and the buffer never holds more than it has places for, nor less than nothing");
    }

    private static ulong Produce(ulong argument)
    {
        Buffer* buffer = (Buffer*)argument;
        buffer->Mutex.Lock();
        while (buffer->Produced < Items)
        {
            if (buffer->Filled == Places)
            {
                buffer->NotFull.Wait(ref buffer->Mutex);
                continue;
            }

            buffer->Contents[buffer->Filled++] = ++buffer->Produced;
            buffer->Outside += buffer->Filled > Places ? 1ul : 0;
            buffer->NotEmpty.Signal();
            LetOthersIn(buffer);
        }

        buffer->NotFull.Broadcast();
        buffer->Mutex.Unlock();
        return 0;
    }

    // The sum of what it took.
    private static ulong Consume(ulong argument)
    {
        Buffer* buffer = (Buffer*)argument;
        ulong sum = 0;
        buffer->Mutex.Lock();
        while (buffer->Taken < Items)
        {
            if (buffer->Filled == 0)
            {
                buffer->NotEmpty.Wait(ref buffer->Mutex);
                continue;
            }

            buffer->Outside += buffer->Filled > Places ? 1ul : 0;
            sum += buffer->Contents[--buffer->Filled];
            buffer->Taken++;
            buffer->NotFull.Signal();
            LetOthersIn(buffer);
        }

        buffer->NotEmpty.Broadcast();
        buffer->Mutex.Unlock();
        return sum;
    }

    private static void LetOthersIn(Buffer* buffer)
    {
        buffer->Mutex.Unlock();
        buffer->Mutex.Lock();
    }
}
