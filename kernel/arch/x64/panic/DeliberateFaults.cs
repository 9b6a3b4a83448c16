using System.Runtime.CompilerServices;
using Lachesis.Abi;

namespace Lachesis.Arch.X64;

/// <summary>Failing on purpose, for tests of the tools that must notice.</summary>
internal static unsafe class DeliberateFaults
{
    private const ulong NeverMapped = 0xFFFF_FD00_0000_0000;

    internal static void Trigger(X64Cpu* cpu, KernelFault fault)
    {
        switch (fault)
        {
            case KernelFault.Panic:
                Panic.FromKernel(cpu, "asked to panic");
                break;
            case KernelFault.PageFault:
                *(ulong*)NeverMapped = 1;
                break;
            case KernelFault.TripleFault:
                Stubs.TripleFault();
                break;
            case KernelFault.StackOverflow:
                Recurse(cpu, 0);
                break;
            case KernelFault.Hang:
                Stubs.HaltForever();
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Recurse(X64Cpu* cpu, ulong depth)
    {
        ulong* frame = stackalloc ulong[64];
        frame[depth & 63] = depth;
        return Recurse(cpu, depth + 1) + frame[depth & 31] + cpu->ApicId;
    }
}
