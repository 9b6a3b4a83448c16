using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>
/// One question for many: whether a thread that went on on this CPU before may do so again as it is. Each CPU has an epoch,
/// which ends whenever the answer may have changed: another policy, and of any thread another mask, fate or parameters, or the
/// end of its process. A thread that was looked at in this epoch (<see cref="Ipc.IpcState.DirectHandoffGeneration"/>) need not be looked at.
/// </summary>
/// <remarks>
/// Whoever changes one of these words ends the epochs after that, and before it reads the thread's state. Whoever runs the
/// thread reads the epoch after it became the owner. So the epoch takes the place of the word in the order of things: if the
/// old one is read, the state that the changer reads already says whose the thread is.
/// </remarks>
public static unsafe class DirectHandoffGenerations<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Ends the epochs of all CPUs. A fence.</summary>
    public static void AdvanceAll(Kernel* kernel)
    {
        for (uint id = 0; id < kernel->CpuCount; id++)
        {
            Advance(kernel->CpuAt(id));
        }
    }

    /// <summary>Ends the epoch of one CPU. A fence.</summary>
    public static void Advance(Cpu* cpu) => TMachine.FetchAdd(&cpu->DirectHandoffGeneration, DirectHandoffGenerations.Step);

    /// <summary>Whether a thread that this CPU owns was found fit to go on here, in this epoch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCurrent(Cpu* cpu, Thread* thread) => thread->Ipc.DirectHandoffGeneration == TMachine.Load(&cpu->DirectHandoffGeneration);
}

/// <summary>The form of the word.</summary>
internal static class DirectHandoffGenerations
{
    /// <summary>From one to the next. Below that, the word says whose it is.</summary>
    internal const ulong Step = 1ul << 8;

    /// <summary>The first of a CPU; never 0.</summary>
    internal static ulong InitialFor(uint id) => Step | id;
}
