using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;

namespace Lachesis.Tools.Qemu;

/// <summary>
/// What two threads get done on the host together, as a multiple of what one does alone: 2 on a host with two free CPUs. On a
/// virtual host it may be far less without any process to be seen (<see cref="HostLoad"/>): what other machines use of the same
/// processors shows nowhere but here.
/// </summary>
internal static class HostSpeedup
{
    private const int Rounds = 20;
    private const int StepsAtOnce = 2_000;

    private static readonly TimeSpan s_time = TimeSpan.FromMilliseconds(100);

    /// <summary>Measures it, for about four seconds: one thread and two by turns, so that both meet the same host.</summary>
    public static double Measure()
    {
        Done(2);
        long alone = 0;
        long together = 0;
        for (int i = 0; i < Rounds; i++)
        {
            alone += Done(1);
            together += Done(2);
        }

        return (double)together / alone;
    }

    private static long Done(int threads)
    {
        long[] steps = new long[threads];
        Thread[] all = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => steps[i] = Step()))];
        Array.ForEach(all, static thread => thread.Start());
        Array.ForEach(all, static thread => thread.Join());
        return steps.Sum();
    }

    // Many short chains side by side, as much as a processor can take: a neighbour on the other half of a core shows in what it
    // takes in, hardly in how long one chain lasts.
    private static long Step()
    {
        long began = Stopwatch.GetTimestamp();
        long steps = 0;
        ulong a = 1;
        ulong b = 2;
        ulong c = 3;
        ulong d = 5;
        while (Stopwatch.GetElapsedTime(began) < s_time)
        {
            for (int i = 0; i < StepsAtOnce; i++)
            {
                a += b ^ (ulong)i;
                b = (b << 1) + c;
                c ^= d + (ulong)i;
                d += a >> 3;
                c += (d & 8) != 0 ? 1ul : 0;
            }

            steps += (a | b | c | d) == 0 ? 0 : StepsAtOnce;
        }

        return steps;
    }
}
