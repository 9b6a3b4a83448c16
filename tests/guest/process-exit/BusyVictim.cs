using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process whose threads make threads, memory and processes all the time, until it is ended from
/// outside.</summary>
internal static unsafe class BusyVictim
{
    internal const long Role = 3;

    private const uint MaxMapped = 200;

    internal static ulong RunRole()
    {
        uint workers = Program.Cpus + 1;
        ulong* shared = (ulong*)Memory.Map(64);
        ThreadGroup crew = ThreadGroup.Allocate(workers);
        for (uint i = 0; i < workers; i++)
        {
            crew.AddAndStart(&Work, (ulong)shared);
        }

        crew.JoinAll();
        return 1;
    }

    private static ulong Work(ulong argument)
    {
        ulong* shared = (ulong*)argument;
        Lachesis.User.Random random = new(Interlocked.ExchangeAdd(ref *shared, 1) + (ulong)Clock.Now());
        ulong stack = (ulong)Memory.Map(4096) + 4096;
        uint mapped = 0;
        while (true)
        {
            switch (random.Below(8))
            {
                case 0 when mapped < MaxMapped:
                    mapped++;
                    Memory.Map(4096 * (1 + random.Below(4)));
                    break;
                case 1:
                    Grandchild.Plan((long)random.Below(500)).Start();
                    break;
                case 2:
                    Parking.WakeAll(ref shared[1]);
                    break;
                case 3:
                    Parking.Park(ref shared[1], 0, Clock.Now() + (long)random.Below(50_000));
                    break;
                case 4:
                    Sys.ThreadSetAffinity(BootHandle.MainThread, random.Next() | 1ul << (int)random.Below(Program.Cpus));
                    break;
                default:
                    UserThread thread;
                    if (UserThread.Create(&thread, &Nothing, 0, stack) == Error.None)
                    {
                        Sys.ThreadStart(thread.Handle);
                        thread.Join();
                    }

                    break;
            }
        }
    }

    private static ulong Nothing(ulong unused) => 0;
}
