using System.Runtime;
using System.Runtime.CompilerServices;
using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>The machine code that every program links (boot/UserObject.cs), by name.</summary>
internal static unsafe class Stubs
{
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "system_call")]
    internal static extern SystemResult SystemCall(
        SystemCall number, ulong a0, ulong a1, ulong unused, ulong a2, ulong a3);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "message_call")]
    internal static extern Error MessageCall(SystemCall number, ulong handles, Message* message);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "thread_start_address")]
    internal static extern ulong ThreadStartAddress();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "clock_now")]
    internal static extern long ClockNow(ulong clockBase, ulong multiplier);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "read_tsc")]
    internal static extern ulong ReadTsc();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "spin_pause")]
    internal static extern void Pause();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "vector_probe")]
    internal static extern ulong VectorProbe(ulong seed, ulong turns);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "system_call_registers")]
    internal static extern void SystemCallRegisters(ulong number, ulong a0, ulong a1, ulong* after);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "system_call_flags")]
    internal static extern ulong SystemCallFlags(ulong flags);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "code_segment")]
    internal static extern uint CodeSegment();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "call_function")]
    internal static extern void CallFunction(ulong address);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "timer_interrupt")]
    internal static extern void TimerInterrupt();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "undefined_instruction")]
    internal static extern void UndefinedInstruction();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "privileged_instruction")]
    internal static extern void PrivilegedInstruction();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "divide_by_zero")]
    internal static extern void DivideByZero();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "read_address")]
    internal static extern ulong ReadAddress(ulong address);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "write_address")]
    internal static extern void WriteAddress(ulong address, ulong value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "system_call_frame")]
    internal static extern void SystemCallFrame(ulong* frame);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "fault_registers")]
    internal static extern void FaultRegisters(ulong* frame);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "fuzz_thread_address")]
    internal static extern ulong FuzzThreadAddress();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "fuzz_fault_address")]
    internal static extern ulong FuzzFaultAddress();
}
