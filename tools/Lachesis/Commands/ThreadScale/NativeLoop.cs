using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Lachesis.ThreadScale;

namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>The workers' loop run by threads of the host, as the guest's workers run it: a fixed amount of work, split.</summary>
internal sealed class NativeLoop(WorkLoopKind loop)
{
    private const ulong Seed = 1;

    // A tenth of a second or two.
    private static readonly Dictionary<WorkLoopKind, ulong> s_elements = new()
    {
        [WorkLoopKind.Chain] = 1_500_000,
        [WorkLoopKind.Throughput] = 60_000_000,
    };

    private readonly ulong _expected = WorkSequence.Checksum(loop, Seed, (long)s_elements[loop]);

    /// <summary>Nanoseconds from the first thread's start of the work to the last one's end.</summary>
    /// <exception cref="ToolException">The sum is not what it must be.</exception>
    public long Measure(int threads)
    {
        ulong elements = s_elements[loop];
        long[] began = new long[threads];
        long[] ended = new long[threads];
        ulong[] sums = new ulong[threads];
        Thread[] all =
        [
            .. Enumerable.Range(0, threads).Select(i => new Thread(() =>
            {
                began[i] = Stopwatch.GetTimestamp();
                sums[i] = WorkLoop.SumOf(
                    loop, Seed, WorkLoop.Share(elements, (uint)i, (uint)threads),
                    WorkLoop.Share(elements, (uint)i + 1, (uint)threads));
                ended[i] = Stopwatch.GetTimestamp();
            })),
        ];
        Array.ForEach(all, static thread => thread.Start());
        Array.ForEach(all, static thread => thread.Join());
        ulong sum = sums.Aggregate(static (a, b) => a + b);
        if (sum != _expected)
        {
            throw new ToolException($"{threads} threads of the host computed a wrong sum");
        }

        return Stopwatch.GetElapsedTime(began.Min(), ended.Max()).Ticks * (1_000_000_000 / TimeSpan.TicksPerSecond);
    }
}
