using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Whether the kernel's own books are in order.</summary>
public static class KernelConsistency
{
    private const int CursorShift = 32;

    /// <summary>
    /// How many entries of any queue, inbox, timer heap or list of the kernel name a thread or another object whose life is over;
    /// all ones if that could not be found out. The calling thread visits every CPU, and may run on all of them afterwards.
    /// What ends just now may count: ask when all is quiet.
    /// </summary>
    public static ulong StaleEntries()
    {
        ulong stale = 0;
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            if (Sys.ThreadSetAffinity(BootHandle.MainThread, 1ul << (int)cpu) != Error.None)
            {
                return ulong.MaxValue;
            }

            stale += (uint)Sys.Call(SystemCall.StaleEntryCheck, BootHandle.Machine, 0).Value;
        }

        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
        for (ulong cursor = 1; cursor != 0;)
        {
            SystemResult part = Sys.Call(SystemCall.StaleEntryCheck, BootHandle.Machine, cursor);
            if (part.Error != Error.None)
            {
                return ulong.MaxValue;
            }

            stale += (uint)part.Value;
            cursor = part.Value >> CursorShift;
        }

        return stale;
    }
}
