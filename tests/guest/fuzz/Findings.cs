using Lachesis.Abi;

namespace Lachesis.Fuzz;

/// <summary>What must hold after a call.</summary>
internal static unsafe class Findings
{
    /// <summary>In the upper half of every word of a secret; the life of its process follows.</summary>
    internal const ulong Secret = 0xA5EC_2E75;

    /// <summary>The lowest byte of every address of the kernel's that is tried: one with it may be the caller's own.</summary>
    internal const ulong TriedMark = 0xA8;

    /// <summary>Where the kernel maps physical memory, and its image (kernel/arch/x64/memory/Layout.cs).</summary>
    internal const ulong KernelMemory = 0xFFFF_8000_0000_0000;

    /// <summary>See <see cref="KernelMemory"/>.</summary>
    internal const ulong KernelImage = 0xFFFF_FFFF_8000_0000;

    // The upper half of the addresses that the kernel uses for its memory, a terabyte of it, for devices, for stacks, and of the
    // first and the last of its image, a gigabyte. No more than that: a number of 32 bits that the kernel writes over half of an
    // all-ones word is no address.
    private const ulong LastMemory = KernelMemory >> 32 | 0xFF;
    private const ulong Devices = 0xFFFF_FE00;
    private const ulong Stacks = 0xFFFF_FF00;

    /// <summary>The pattern of a life: its words are that plus 0..255.</summary>
    internal static ulong PatternOf(ulong life) => Secret << 32 | (life & 0xFF_FFFF) << 8;

    /// <summary>Looks at all that came out of a call.</summary>
    internal static Finding In(Frame* frame)
    {
        ulong pattern = frame->Pattern;
        bool kept = frame->Rbx == pattern && frame->Rbp == pattern + 1 && frame->R12 == pattern + 2
            && frame->R13 == pattern + 3 && frame->R14 == pattern + 4 && frame->R15 == pattern + 5;
        if (!kept)
        {
            return Finding.ChangedRegister;
        }

        ulong* registers = &frame->Rax;
        for (int i = 0; i < Frame.Registers; i++)
        {
            Finding finding = frame->WasGiven(registers[i]) ? Finding.None : InWord(registers[i], pattern);
            if (finding != Finding.None)
            {
                return finding;
            }
        }

        // These are not preserved; what the thread had in them some time before may be in them.
        for (int i = 0; i < 32; i++)
        {
            Finding finding = InWord(frame->Vector[i], pattern);
            if (finding != Finding.None)
            {
                return finding;
            }
        }

        return InResult(frame);
    }

    /// <summary>Looks for what is not the process's in its memory, and says which word it is.</summary>
    internal static Finding InMemory(ulong* words, ulong count, ulong pattern, ulong* found)
    {
        for (ulong i = 0; i < count; i++)
        {
            // Almost every word is neither, so one comparison for both.
            if (words[i] >= Secret << 32)
            {
                Finding finding = InWord(words[i], pattern);
                if (finding != Finding.None)
                {
                    found[0] = (ulong)&words[i];
                    found[1] = words[i];
                    return finding == Finding.Secret ? Finding.SecretInMemory : Finding.KernelAddressInMemory;
                }
            }
        }

        return Finding.None;
    }

    private static Finding InResult(Frame* frame)
    {
        bool listed = false;
        bool message = false;
        for (uint form = 0; form < SystemCallTable.MaxForms; form++)
        {
            CallSignature shape = SystemCallTable.Of(frame->Call, form);
            listed |= shape.Exists && frame->Rax < 32 && shape.MayReturn(frame->Error);
            message |= (shape.Traits & CallTraits.PassesMessage) != 0;
        }

        bool exists = SystemCallTable.Of(frame->Call).Exists;
        if (exists ? !listed : frame->Error != Error.UnknownSystemCall)
        {
            return Finding.WrongError;
        }

        return frame->Error != Error.None && !message && frame->Rdx != 0 ? Finding.ValueWithError : Finding.None;
    }

    private static Finding InWord(ulong word, ulong pattern) =>
        IsKernels(word) ? Finding.KernelAddress
        : word >> 32 == Secret && (word & ~0xFFul) != pattern && word != Secret << 32 ? Finding.Secret
        : Finding.None;

    // A register that a call does not preserve may hold what its thread had in it before: addresses that it tried, and constants
    // of this code, like the secret of no life.
    private static bool IsKernels(ulong word)
    {
        ulong above = word >> 32;
        bool isMapped = above is (>= KernelMemory >> 32 and <= LastMemory) or Devices or Stacks || word >> 30 == KernelImage >> 30;
        return isMapped && (word & 0xFF) != TriedMark && word != KernelMemory && word != KernelImage;
    }
}
