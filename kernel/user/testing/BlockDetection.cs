using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Being sure that others wait, however slow the machine is.</summary>
public static class BlockDetection
{
    private const long PollInterval = 50_000;

    /// <summary>Waits until a thread that has never blocked does: whoever looks for it where it waits then finds it. False if that could
    /// not be found out.</summary>
    public static bool WaitUntilThreadBlocks(ulong thread)
    {
        LedgerReading reading = default;
        while (Ledgers.OfThread(thread, out reading) == Error.None && reading.Sum.VoluntaryBlocks == 0)
        {
            // Not a yield: the other one may be less important.
            Sys.SleepUntil(Clock.Now() + PollInterval);
        }

        return reading.Sum.VoluntaryBlocks != 0;
    }

    /// <summary>The same of any thread of a process.</summary>
    public static bool WaitUntilProcessBlocks(ulong process)
    {
        LedgerReading reading = default;
        while (Ledgers.OfProcess(process, out reading) == Error.None && reading.Sum.VoluntaryBlocks == 0)
        {
            Sys.SleepUntil(Clock.Now() + PollInterval);
        }

        return reading.Sum.VoluntaryBlocks != 0;
    }
}
