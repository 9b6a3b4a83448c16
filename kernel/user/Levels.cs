using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>How much of the kernel's pools is in use at one moment: what a program that cleans up finds again
/// afterwards.</summary>
public unsafe struct Levels
{
    // The kernel lets go of the last of a thread or process a moment after it has told those who wait for its end. So
    // levels may come back late; and those of before may still count one that has ended, which makes "no more than before"
    // the test.
    private const long Patience = 5_000_000_000;
    private const long Step = 200_000;

    private fixed ulong _levels[(int)PoolKind.Count];

    /// <summary>Threads in use.</summary>
    public readonly ulong Threads => _levels[(int)PoolKind.Threads];

    /// <summary>Processes in use.</summary>
    public readonly ulong Processes => _levels[(int)PoolKind.Processes];

    /// <summary>Physical pages that are free.</summary>
    public readonly ulong FreePages => _levels[(int)PoolKind.FreePages];

    /// <summary>The levels now.</summary>
    public static Levels Now()
    {
        Levels levels;
        for (PoolKind pool = 0; pool < PoolKind.Count; pool++)
        {
            levels._levels[(int)pool] = Sys.PoolLevel(pool);
        }

        return levels;
    }

    /// <summary>Whether no more is in use than there was, now or soon.</summary>
    public readonly bool AreBack() => AreBack(true);

    /// <summary>The same of objects alone: for a program that has mapped memory meanwhile.</summary>
    public readonly bool ObjectsAreBack() => AreBack(false);

    private readonly bool AreBack(bool pages)
    {
        long end = Clock.Now() + Patience;
        while (true)
        {
            Levels now = Now();
            if (IsNoMore(in now, pages))
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

    private readonly bool IsNoMore(in Levels now, bool pages)
    {
        bool level = true;
        for (PoolKind pool = 0; pool < PoolKind.Count; pool++)
        {
            ulong before = _levels[(int)pool];
            ulong after = now._levels[(int)pool];
            level &= pool == PoolKind.FreePages ? !pages || after >= before : after <= before;
        }

        return level;
    }

    private readonly void Describe(in Levels now)
    {
        Text line = default;
        line.Add("levels: threads ");
        Difference(ref line, now.Threads, Threads);
        line.Add(", processes ");
        Difference(ref line, now.Processes, Processes);
        line.Add(", free pages ");
        Difference(ref line, now.FreePages, FreePages);
        for (PoolKind pool = PoolKind.FreePages + 1; pool < PoolKind.Count; pool++)
        {
            line.Add(", pool ");
            line.Add((long)pool);
            line.Add(" ");
            Difference(ref line, now._levels[(int)pool], _levels[(int)pool]);
        }

        Log.Line(in line);
    }

    private static void Difference(ref Text line, ulong now, ulong before)
    {
        line.Add((long)before);
        line.Add(" -> ");
        line.Add((long)now);
    }
}
