using System;
using System.IO;

namespace Lachesis.Tools.Boots;

/// <summary>The kernel's file, before QEMU is given it.</summary>
internal static class KernelImage
{
    private static ReadOnlySpan<byte> ElfMagic => [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    /// <summary>Checks that there is one, and that it is an ELF file.</summary>
    /// <exception cref="ToolException">It is not.</exception>
    public static void Check(string path)
    {
        if (!Path.Exists(path))
        {
            throw new ToolException($"no kernel at {path}: build it with make");
        }

        try
        {
            if (!InputFile.ReadStart(path, ElfMagic.Length).AsSpan().SequenceEqual(ElfMagic))
            {
                throw new ToolException($"{path}: is not an ELF file, and so no kernel", ToolException.BadUsage);
            }
        }
        catch (IOException problem)
        {
            throw new ToolException($"{path}: {problem.Message}", ToolException.BadUsage);
        }
    }
}
