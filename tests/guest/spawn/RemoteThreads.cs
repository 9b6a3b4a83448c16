using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Threads that a process has made in another one that runs the same program. They begin where C# functions do, on
/// stacks that their maker has mapped, and end with what they found.</summary>
internal static unsafe class RemoteThreads
{
    private const ulong StackBytes = 8192;

    private static ulong s_tickets;

    /// <summary>A thread in that process, not yet started: its handle, or the error.</summary>
    internal static SystemResult Add(ulong process, delegate*<ulong, void> function, ulong argument)
    {
        SystemResult stack = Sys.MemoryMap(process, StackBytes);

        // As if the function had been called: the ABI wants the stack like that.
        return stack.Error != Error.None ? stack
            : Sys.ThreadCreate(process, (ulong)function, stack.Value + StackBytes - sizeof(ulong), argument);
    }

    /// <summary>A thread: gives the CPU that it runs on, and that number above it.</summary>
    internal static void ExitWithCpu(ulong number) => Sys.ThreadExit((number << 8) | Sys.CurrentCpu());

    /// <summary>A thread: gives how many of its process have come before it.</summary>
    internal static void TakeTicket(ulong unused) => Sys.ThreadExit(Interlocked.ExchangeAdd(ref s_tickets, 1));

    /// <summary>A thread: faults, and gives that number if it is let go on.</summary>
    internal static void Fault(ulong number)
    {
        Stubs.UndefinedInstruction();
        Sys.ThreadExit(number);
    }

    /// <summary>A thread: sleeps until it is ended.</summary>
    internal static void Sleep(ulong unused) => Sys.SleepUntil(long.MaxValue - 1);
}
