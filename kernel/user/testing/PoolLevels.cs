using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>How much of the kernel's pools is in use at one moment: what a program that cleans up finds again
/// afterwards.</summary>
public unsafe struct PoolLevels
{
    // The kernel lets go of the last of a thread or process a moment after it has told those who wait for its end. So
    // levels may come back late; and those of before may still count one that has ended, which makes "no more than before"
    // the test.
    private const long RestoreTimeout = 5_000_000_000;
    private const long PollInterval = 200_000;

    private fixed ulong _levels[(int)PoolKind.Count];

    /// <summary>Threads in use.</summary>
    public readonly ulong Threads => _levels[(int)PoolKind.Threads];

    /// <summary>Processes in use.</summary>
    public readonly ulong Processes => _levels[(int)PoolKind.Processes];

    /// <summary>Physical pages that are free.</summary>
    public readonly ulong FreePages => _levels[(int)PoolKind.FreePages];

    /// <summary>The levels now, of every pool that there is.</summary>
    public static PoolLevels Read()
    {
        PoolLevels levels;
        for (PoolKind pool = 0; pool < PoolKind.Count; pool++)
        {
            levels._levels[(int)pool] = Sys.PoolLevel(pool);
        }

        return levels;
    }

    /// <summary>Says what the level of a pool is to come back to.</summary>
    public void SetExpected(PoolKind pool, ulong level) => _levels[(int)pool] = level;

    /// <summary>Whether no more is in use than there was, now or soon.</summary>
    public readonly bool WaitUntilRestored() => WaitUntilRestored(true);

    /// <summary>The same of all but pages: for a program that has mapped memory meanwhile.</summary>
    public readonly bool WaitUntilObjectsRestored() => WaitUntilRestored(false);

    private readonly bool WaitUntilRestored(bool pages)
    {
        long end = Clock.Now() + RestoreTimeout;
        while (true)
        {
            PoolLevels now = Read();
            if (IsRestored(in now, pages))
            {
                return true;
            }

            if (Clock.Now() >= end)
            {
                Describe(in now);
                return false;
            }

            Sys.SleepUntil(Clock.Now() + PollInterval);
        }
    }

    private readonly bool IsRestored(in PoolLevels now, bool pages)
    {
        for (PoolKind pool = 0; pool < PoolKind.Count; pool++)
        {
            ulong before = _levels[(int)pool];
            ulong after = now._levels[(int)pool];
            bool free = pool == PoolKind.FreePages;
            if (free ? pages && after < before : after > before)
            {
                return false;
            }
        }

        return true;
    }

    private readonly void Describe(in PoolLevels now)
    {
        Text line = default;
        line.Add("levels, by number of the pool:");
        for (int pool = 0; pool < (int)PoolKind.Count; pool++)
        {
            line.Add(" ");
            line.Add(pool);
            line.Add(": ");
            line.Add((long)_levels[pool]);
            line.Add(" -> ");
            line.Add((long)now._levels[pool]);
        }

        Log.Line(in line);
    }
}
