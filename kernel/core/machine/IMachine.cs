using Lachesis.Abi;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched;
using Lachesis.Core.Time;

namespace Lachesis.Core.Machine;

/// <summary>
/// All that the core asks of the hardware. Static abstract members through a struct type argument: ilc specialises them to
/// direct calls or plain instructions. The x64 machine implements them in kernel/arch/x64; tests and the simulator on the
/// host. Every word that CPUs share without a lock goes through <see cref="Load(ulong*)"/>, <see cref="Store(ulong*, ulong)"/> and the atomic
/// operations here, so that a hosted machine can interleave CPUs at each of them.
/// </summary>
/// <remarks>Called with interrupts off, on the CPU that <c>cpu</c> names.</remarks>
public unsafe interface IMachine
{
    /// <summary>The monotonic clock, common to all CPUs.</summary>
    static abstract Instant Now(Cpu* cpu);

    /// <summary>Sets this CPU's one-shot timer, in place of what it was set to; a past deadline fires at once.</summary>
    static abstract void SetTimer(Cpu* cpu, Instant deadline);

    /// <summary>Makes <paramref name="target"/> take a reschedule interrupt. Delivered at least once after this
    /// call.</summary>
    static abstract void SendRescheduleIpi(Cpu* cpu, Cpu* target);

    /// <summary>Reads a shared word. No later access moves before it.</summary>
    static abstract ulong Load(ulong* location);

    /// <summary>The same of an aligned half of a word, which its owner writes plainly and others read without its lock.</summary>
    static abstract uint Load(uint* location);

    /// <summary>Writes a shared word. No earlier access moves after it; a later load may move before it (x86-TSO).</summary>
    static abstract void Store(ulong* location, ulong value);

    /// <summary>Atomically replaces <paramref name="comparand"/> by <paramref name="value"/>; gives what was there. Full
    /// fence.</summary>
    static abstract ulong CompareExchange(ulong* location, ulong value, ulong comparand);

    /// <summary>Atomically writes; gives what was there. Full fence.</summary>
    static abstract ulong Exchange(ulong* location, ulong value);

    /// <summary>Atomically adds; gives what was there before. Full fence.</summary>
    static abstract ulong FetchAdd(ulong* location, ulong value);

    /// <summary>No memory access moves across it, in either direction.</summary>
    static abstract void Fence();

    /// <summary>One turn of a spin loop.</summary>
    static abstract void Pause();

    /// <summary>Reads an aligned 32-bit word of the current process; false if the address does not allow it.</summary>
    static abstract bool ReadUserWord(Cpu* cpu, ulong address, out uint value);

    /// <summary>Copies from the current process; false, with an unspecified part copied, if an address does not allow
    /// it.</summary>
    static abstract bool CopyFromUser(Cpu* cpu, void* destination, ulong source, ulong bytes);

    /// <summary>Copies to the current process; false, with an unspecified part copied, if an address does not allow
    /// it.</summary>
    static abstract bool CopyToUser(Cpu* cpu, ulong destination, void* source, ulong bytes);

    /// <summary>Makes an address space that has the kernel's half and an empty user half; its root is a physical
    /// address.</summary>
    static abstract Error CreateAddressSpace(Kernel* kernel, Cpu* cpu, out ulong root);

    /// <summary>Maps one page. <see cref="Error.OutOfMemory"/> if no table page is to be had; mapping twice is a kernel
    /// bug.</summary>
    static abstract Error MapPage(Kernel* kernel, Cpu* cpu, ulong root, ulong address, ulong frame, PageAccess access);

    /// <summary>
    /// Frees a part of an address space that no CPU has loaded, at most <paramref name="budget"/> pages; true once all of
    /// it, root included, is free. <paramref name="cursor"/> starts at 0 and carries on where the last call stopped.
    /// </summary>
    static abstract bool FreeAddressSpaceStep(Kernel* kernel, Cpu* cpu, ulong root, ref ulong cursor, int budget);

    /// <summary>
    /// Where the kernel reaches a byte of a process's memory that the process may write and that stays mapped as long as it
    /// lives; null if there is no such memory. The caller holds the process's lock; what is asked for does not cross a page.
    /// </summary>
    static abstract void* PinnedUserMemory(Cpu* cpu, ulong root, ulong address);

    /// <summary>Loads an address space.</summary>
    static abstract void LoadAddressSpace(Cpu* cpu, ulong root);

    /// <summary>Loads the kernel's own address space.</summary>
    static abstract void LoadKernelAddressSpace(Cpu* cpu);

    /// <summary>Writes bytes to the log that people read.</summary>
    static abstract void WriteLog(byte* text, ulong bytes);

    /// <summary>Writes bytes to the report channel.</summary>
    static abstract void WriteReport(byte* data, ulong bytes);

    /// <summary>Ends the machine with a value for <see cref="Platform.ExitPort"/>; never returns.</summary>
    static abstract void Exit(uint value);

    /// <summary>Says what is wrong and stops every CPU; never returns. Hosted, it throws.</summary>
    static abstract void Panic(Cpu* cpu, string message);

    /// <summary>Fails on purpose, in the way named.</summary>
    static abstract void InjectFault(Cpu* cpu, KernelFault fault);
}
