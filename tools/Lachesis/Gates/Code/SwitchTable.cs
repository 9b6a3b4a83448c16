using System.Collections.Generic;
using Iced.Intel;

namespace Lachesis.Tools.Gates.Code;

/// <summary>
/// The compiler's jump through a table: a word of the table, chosen by an index, is added to an address inside the function.
/// <c>lea t, [table]; mov e, [t + 4 * i]; lea b, [base]; add e, b; jmp e</c>, in any order that makes sense.
/// </summary>
internal static class SwitchTable
{
    /// <summary>
    /// Where the jump at <paramref name="jump"/> may lead, as indices of instructions of the function; null if it is no such
    /// jump. Where no comparison says how long the table is, all words count that lead into the function: perhaps too many
    /// ways, never too few.
    /// </summary>
    internal static IReadOnlyList<int>? TargetsOf(MachineCode code, CodeFunction function, int jump)
    {
        IReadOnlyList<Instruction> all = function.Instructions;
        if (jump == 0 || all[jump].Op0Kind != OpKind.Register || all[jump - 1] is not { Mnemonic: Mnemonic.Add } add
            || add.Op0Kind != OpKind.Register || add.Op1Kind != OpKind.Register || add.Op0Register != all[jump].Op0Register)
        {
            return null;
        }

        Register first = add.Op0Register;
        Register second = add.Op1Register;
        int load = LoadBefore(all, jump - 1, first) ?? LoadBefore(all, jump - 1, second) ?? -1;
        ulong? start = AddressIn(all, jump - 1, first) ?? AddressIn(all, jump - 1, second);
        return load >= 0 && start is { } from && AddressIn(all, load, all[load].MemoryBase) is { } table
            ? ReadTable(code, function, table, from, LengthBefore(all, load))
            : null;
    }

    private static List<int>? ReadTable(MachineCode code, CodeFunction function, ulong table, ulong start, ulong length)
    {
        var targets = new List<int>();
        while ((ulong)targets.Count < length && code.TryReadWord(table + (4 * (ulong)targets.Count), out uint word)
            && function.IndexOf(start + word) is { } target)
        {
            targets.Add(target);
        }

        return targets.Count == 0 ? null : targets;
    }

    // The load of a word of a table into a register, before an instruction.
    private static int? LoadBefore(IReadOnlyList<Instruction> all, int before, Register register)
    {
        int load = LastWrite(all, before, register);
        return load >= 0 && all[load] is { Mnemonic: Mnemonic.Mov, Op1Kind: OpKind.Memory, MemoryIndexScale: 4 } ? load : null;
    }

    // cmp i, last; ja elsewhere: the length of the table from which i, or a copy of it, is about to choose.
    private static ulong LengthBefore(IReadOnlyList<Instruction> all, int load)
    {
        Register index = all[load].MemoryIndex.GetFullRegister();
        for (int at = load - 1; at > 0; at--)
        {
            if (all[at] is { Mnemonic: Mnemonic.Ja } && all[at - 1] is { Mnemonic: Mnemonic.Cmp, Op0Kind: OpKind.Register } compare
                && compare.Op0Register.GetFullRegister() == index && compare.Op1Kind is not (OpKind.Register or OpKind.Memory))
            {
                return compare.GetImmediate(1) + 1;
            }

            if (LastWrite(all, at + 1, index) == at)
            {
                if (all[at] is not { Mnemonic: Mnemonic.Mov, Op1Kind: OpKind.Register } copy)
                {
                    break;
                }

                index = copy.Op1Register.GetFullRegister();
            }
        }

        return ulong.MaxValue;
    }

    // The address in the image that a register was last given before an instruction.
    private static ulong? AddressIn(IReadOnlyList<Instruction> all, int before, Register register)
    {
        int lea = LastWrite(all, before, register);
        return lea >= 0 && all[lea] is { Mnemonic: Mnemonic.Lea, IsIPRelativeMemoryOperand: true } found
            ? found.IPRelativeMemoryAddress
            : null;
    }

    private static int LastWrite(IReadOnlyList<Instruction> all, int before, Register register)
    {
        for (int at = before - 1; at >= 0; at--)
        {
            if (all[at].OpCount > 0 && all[at].Op0Kind == OpKind.Register
                && all[at].Op0Register.GetFullRegister() == register.GetFullRegister()
                && all[at].Mnemonic is not (Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Push))
            {
                return at;
            }
        }

        return -1;
    }
}
