using System.Runtime;
using System.Runtime.CompilerServices;

namespace Lachesis.Arch.X64;

/// <summary>The machine code of boot/stubs, by name. Each does one thing that C# has no words for.</summary>
internal static unsafe class Stubs
{
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "cpu_clock")]
    internal static extern long CpuClock();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "read_tsc")]
    internal static extern ulong ReadTsc();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "spin_pause")]
    internal static extern void Pause();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "port_write8")]
    internal static extern void WritePort8(uint port, uint value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "port_write32")]
    internal static extern void WritePort32(uint port, uint value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "port_read8")]
    internal static extern uint ReadPort8(uint port);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "port_read32")]
    internal static extern uint ReadPort32(uint port);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "port_write_bytes")]
    internal static extern void WritePortBytes(uint port, byte* bytes, ulong count);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "msr_read")]
    internal static extern ulong ReadMsr(uint register);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "msr_write")]
    internal static extern void WriteMsr(uint register, ulong value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "cpu_id")]
    internal static extern void CpuId(uint leaf, uint subleaf, CpuIdResult* result);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "cr2_read")]
    internal static extern ulong ReadCr2();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "cr3_write")]
    internal static extern void WriteCr3(ulong value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "cr4_read")]
    internal static extern ulong ReadCr4();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "cr4_write")]
    internal static extern void WriteCr4(ulong value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "frame_pointer")]
    internal static extern ulong FramePointer();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "halt_forever")]
    internal static extern void HaltForever();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "continue_on_stack")]
    internal static extern void ContinueOnStack(ulong stackTop, void* function, void* argument);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "load_gdt")]
    internal static extern void LoadGdt(void* pointer, ulong codeSelector, ulong dataSelector);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "load_idt")]
    internal static extern void LoadIdt(void* pointer);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "load_task")]
    internal static extern void LoadTaskRegister(ulong selector);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "triple_fault")]
    internal static extern void TripleFault();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "user_copy")]
    internal static extern ulong UserCopy(ulong destination, ulong source, ulong bytes, ulong unused, ulong guarded);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "user_read_word")]
    internal static extern UserWord UserReadWord(ulong address, ulong unused1, ulong unused2, ulong unused3, ulong guarded);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "link_addresses")]
    internal static extern LinkAddresses* LinkAddresses();
}

/// <summary>What cpuid gives.</summary>
internal struct CpuIdResult
{
    internal uint Eax;
    internal uint Ebx;
    internal uint Ecx;
    internal uint Edx;
}

/// <summary>What reading a user word gives: in rax and rdx.</summary>
internal struct UserWord
{
    internal ulong Readable;
    internal ulong Value;
}

/// <summary>Addresses that the linker knows, in the order of boot/stubs/start/LinkTable.cs.</summary>
internal struct LinkAddresses
{
    internal ulong TextStart;
    internal ulong TextEnd;
    internal ulong RodataEnd;
    internal ulong DataEnd;
    internal ulong BootPageTables;
    internal ulong SystemCallEntry;
    internal ulong VectorTable;
    internal ulong Trampoline;
    internal ulong UserAccessStart;
    internal ulong UserAccessFailed;
    internal ulong CpuCheck;
}
