using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>How much of the kernel's pools is in use at one moment: what a program that cleans up finds again
/// afterwards.</summary>
public struct Levels
{
    // The kernel lets go of the last of a thread or process a moment after it has told those who wait for its end. So
    // levels may come back late; and those of before may still count one that has ended, which makes "no more than before"
    // the test.
    private const long Patience = 5_000_000_000;
    private const long Step = 200_000;

    /// <summary>Threads in use.</summary>
    public ulong Threads;

    /// <summary>Processes in use.</summary>
    public ulong Processes;

    /// <summary>Physical pages that are free.</summary>
    public ulong FreePages;

    /// <summary>Rings in use.</summary>
    public ulong Rings;

    /// <summary>The levels now.</summary>
    public static Levels Now()
    {
        Levels levels;
        levels.Threads = Sys.PoolLevel(PoolKind.Threads);
        levels.Processes = Sys.PoolLevel(PoolKind.Processes);
        levels.FreePages = Sys.PoolLevel(PoolKind.FreePages);
        levels.Rings = Sys.PoolLevel(PoolKind.Rings);
        return levels;
    }

    /// <summary>Whether no more is in use than there was, now or soon.</summary>
    public readonly bool AreBack() => AreBack(true);

    /// <summary>The same of threads and processes alone: for a program that has mapped memory meanwhile.</summary>
    public readonly bool ObjectsAreBack() => AreBack(false);

    private readonly bool AreBack(bool pages)
    {
        long end = Clock.Now() + Patience;
        while (true)
        {
            Levels now = Now();
            if (now.Threads <= Threads && now.Processes <= Processes && now.Rings <= Rings && (!pages || now.FreePages >= FreePages))
            {
                return true;
            }

            if (Clock.Now() >= end)
            {
                Describe(in now);
                return false;
            }

            Sys.SleepUntil(Clock.Now() + Step);
        }
    }

    private readonly void Describe(in Levels now)
    {
        Text line = default;
        line.Add("levels: threads ");
        Difference(ref line, now.Threads, Threads);
        line.Add(", processes ");
        Difference(ref line, now.Processes, Processes);
        line.Add(", rings ");
        Difference(ref line, now.Rings, Rings);
        line.Add(", free pages ");
        Difference(ref line, now.FreePages, FreePages);
        Log.Line(in line);
    }

    private static void Difference(ref Text line, ulong now, ulong before)
    {
        line.Add((long)before);
        line.Add(" -> ");
        line.Add((long)now);
    }
}
