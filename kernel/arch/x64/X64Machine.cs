using System.Runtime.CompilerServices;
using System.Threading;
using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched;
using Lachesis.Core.Time;

namespace Lachesis.Arch.X64;

/// <summary>The machine that the core runs on in the kernel image.</summary>
internal unsafe struct X64Machine : IMachine
{
    private const uint LineStatus = Platform.LogPort + 5;
    private const uint TransmitEmpty = 0x20;

    // Accesses through a pointer are single instructions; through a reference, as Volatile has them, the address is made first.
    private struct SharedWord
    {
        internal volatile nuint Value;
    }

    private struct SharedHalf
    {
        internal volatile uint Value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Instant Now(Cpu* cpu) => new(Stubs.CpuClock());

    public static void SetTimer(Cpu* cpu, Instant deadline)
    {
        if (deadline >= Instant.Never)
        {
            LocalApic.SetTimer(((X64Cpu*)cpu)->Machine, -1);
            return;
        }

        long left = (deadline - Now(cpu)).Nanoseconds;
        LocalApic.SetTimer(((X64Cpu*)cpu)->Machine, left < 0 ? 0 : left);
    }

    public static void SendRescheduleIpi(Cpu* cpu, Cpu* target) =>
        LocalApic.SendIpi(((X64Cpu*)cpu)->Machine, ((X64Cpu*)target)->ApicId, LocalApic.RescheduleVector);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(ulong* location) => ((SharedWord*)location)->Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Load(uint* location) => ((SharedHalf*)location)->Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ulong* location, ulong value) => ((SharedWord*)location)->Value = (nuint)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong CompareExchange(ulong* location, ulong value, ulong comparand) =>
        Interlocked.CompareExchange(ref *location, value, comparand);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Exchange(ulong* location, ulong value) => Interlocked.Exchange(ref *location, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong FetchAdd(ulong* location, ulong value) => Interlocked.ExchangeAdd(ref *location, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fence() => Interlocked.MemoryBarrier();

    public static void Pause() => Stubs.Pause();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool ReadUserWord(Cpu* cpu, ulong address, out uint value)
    {
        value = 0;
        if (address >= UserLayout.Limit - sizeof(uint))
        {
            return false;
        }

        UserWord word = Stubs.UserReadWord(address, 0, 0, 0, cpu->GuardsUserPages);
        value = (uint)word.Value;
        return word.Readable != 0;
    }

    public static bool CopyFromUser(Cpu* cpu, void* destination, ulong source, ulong bytes) =>
        IsUserRange(source, bytes) && Stubs.UserCopy((ulong)destination, source, bytes, 0, cpu->GuardsUserPages) != 0;

    public static bool CopyToUser(Cpu* cpu, ulong destination, void* source, ulong bytes) =>
        IsUserRange(destination, bytes) && Stubs.UserCopy(destination, (ulong)source, bytes, 0, cpu->GuardsUserPages) != 0;

    public static Error CreateAddressSpace(Kernel* kernel, Cpu* cpu, out ulong root)
    {
        root = PageTables.CreateUserRoot(kernel, cpu, ((X64Cpu*)cpu)->Machine->KernelRoot);
        return root == 0 ? Error.OutOfMemory : Error.None;
    }

    public static Error MapPage(Kernel* kernel, Cpu* cpu, ulong root, ulong address, ulong frame, PageAccess access) =>
        PageTables.Map(kernel, cpu, root, address, PageTables.UserEntry(frame, access));

    public static bool FreeAddressSpaceStep(Kernel* kernel, Cpu* cpu, ulong root, ref ulong cursor, int budget) =>
        PageTables.FreeStep(kernel, cpu, root, ref cursor, budget);

    public static void* PinnedUserMemory(Cpu* cpu, ulong root, ulong address) => PageTables.FindWritable(root, address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadAddressSpace(Cpu* cpu, ulong root) => Stubs.WriteCr3(root);

    public static void LoadKernelAddressSpace(Cpu* cpu) => Stubs.WriteCr3(((X64Cpu*)cpu)->Machine->KernelRoot);

    public static void WriteLog(byte* text, ulong bytes)
    {
        for (ulong i = 0; i < bytes; i++)
        {
            while ((Stubs.ReadPort8(LineStatus) & TransmitEmpty) == 0)
            {
            }

            Stubs.WritePort8(Platform.LogPort, text[i]);
        }
    }

    public static void WriteReport(byte* data, ulong bytes) => Stubs.WritePortBytes(Platform.ReportPort, data, bytes);

    public static void Exit(uint value)
    {
        Stubs.WritePort32(Platform.ExitPort, value);
        Stubs.HaltForever();
    }

    public static void Panic(Cpu* cpu, string message) => X64.Panic.FromKernel((X64Cpu*)cpu, message);

    public static void InjectFault(Cpu* cpu, KernelFault fault) => DeliberateFaults.Trigger((X64Cpu*)cpu, fault);

    private static bool IsUserRange(ulong address, ulong bytes) =>
        bytes <= UserLayout.Limit && address <= UserLayout.Limit - bytes;
}
