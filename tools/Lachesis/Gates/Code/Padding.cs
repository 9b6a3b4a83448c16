using System;
using Iced.Intel;

namespace Lachesis.Tools.Gates.Code;

/// <summary>The filling between functions.</summary>
internal static class Padding
{
    private const byte Int3 = 0xCC;

    /// <summary>Whether bytes are nothing but zeros, int3 and nops of any length.</summary>
    internal static bool IsPadding(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            if (bytes[at] is 0 or Int3)
            {
                at++;
                continue;
            }

            var decoder = Decoder.Create(64, new ByteArrayCodeReader(bytes[at..].ToArray()));
            Instruction instruction = decoder.Decode();
            if (instruction.Mnemonic != Mnemonic.Nop)
            {
                return false;
            }

            at += instruction.Length;
        }

        return true;
    }
}
