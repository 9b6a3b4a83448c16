using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>
/// One comparison instead of many: whether a thread that this CPU checked before may be switched to directly again. Each CPU has a
/// generation, which advances whenever the answer may have changed: another policy; of any thread another mask, stop or parameters;
/// the end of its process. A thread that was checked in this generation (<see cref="Ipc.IpcState.DirectHandoffGeneration"/>) is fit.
/// </summary>
/// <remarks>
/// A CPU that changes one of these words advances the generations after that, and before it reads the thread's state. A CPU that
/// runs the thread reads the generation after it became the owner. So the generation stands for the word in the memory order: if
/// the old one is read, the state that the changer reads already names the owner.
/// </remarks>
public static unsafe class DirectHandoffGenerations<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Advances the generations of all CPUs. A fence.</summary>
    public static void AdvanceAll(Kernel* kernel)
    {
        for (uint id = 0; id < kernel->CpuCount; id++)
        {
            Advance(kernel->CpuAt(id));
        }
    }

    /// <summary>Advances the generation of one CPU. A fence.</summary>
    public static void Advance(Cpu* cpu) => TMachine.FetchAdd(&cpu->DirectHandoffGeneration, DirectHandoffGenerations.Step);

    /// <summary>Whether a thread that this CPU owns was found fit to go on here, in this generation.</summary>
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
