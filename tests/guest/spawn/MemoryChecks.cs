using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Every process has memory of its own, and nothing of another's, living or dead.</summary>
internal static unsafe class MemoryChecks
{
    private const int Siblings = 6;

    internal static void Run()
    {
        ulong* handles = stackalloc ulong[Siblings];
        bool all = true;
        for (int i = 0; i < Siblings; i++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", Children.KeepMemory);
            spawn.AddArgument("code", 1000 + (i * 100));
            handles[i] = spawn.Start().Value;
        }

        for (int i = 0; i < Siblings; i++)
        {
            all &= SpawnBuilder.WaitAndClose(handles[i]).Value == 1000 + ((ulong)i * 100);
        }

        Report.Check(all, "processes that write to the same addresses keep their own contents");
        bool clean = true;
        for (int i = 0; i < 8; i++)
        {
            clean &= SpawnBuilder.ForRole("spawn", Children.LookAtMemory).StartAndWait().Value == 1;
        }

        Report.Check(clean, "memory of a new process is zero, whatever others wrote to those pages before");
    }
}
