using System.Collections.Generic;
using System.Linq;
using Iced.Intel;

namespace Lachesis.Tools.Gates.Code;

/// <summary>
/// Whether a function could keep what its caller left in vector registers: it would have to save the whole state with one
/// instruction, or to read a register that it has not written itself.
/// </summary>
internal sealed class VectorUse
{
    private static readonly HashSet<Mnemonic> s_saves =
    [
        Mnemonic.Fxsave, Mnemonic.Fxsave64, Mnemonic.Xsave, Mnemonic.Xsave64, Mnemonic.Xsavec, Mnemonic.Xsavec64,
        Mnemonic.Xsaveopt, Mnemonic.Xsaveopt64, Mnemonic.Xsaves, Mnemonic.Xsaves64, Mnemonic.Fnsave,
    ];

    private const uint All = 0xFFFF;

    private readonly CodeFunction _function;
    private readonly ControlFlow _flow;
    private readonly uint[] _written;
    private readonly InstructionInfoFactory _registers = new();

    internal VectorUse(CodeFunction function, ControlFlow flow)
    {
        _function = function;
        _flow = flow;
        _written = FindWritten();
    }

    /// <summary>The instructions that save vector state of whoever ran before, or might.</summary>
    internal IEnumerable<Instruction> Saves() => Enumerable.Range(0, _written.Length)
        .Where(at => s_saves.Contains(_function.Instructions[at].Mnemonic) || (Reads(at) & ~_written[at]) != 0)
        .Select(at => _function.Instructions[at]);

    // Per instruction, the registers that were written on every way to it: none at the entry, none after a call. All where
    // no way leads.
    private uint[] FindWritten()
    {
        var written = new uint[_function.Instructions.Count];
        var reached = new bool[written.Length];
        System.Array.Fill(written, All);
        var waiting = new Queue<int>();
        Meet(0, 0);
        while (waiting.TryDequeue(out int at))
        {
            bool isCall = _function.Instructions[at].FlowControl is FlowControl.Call or FlowControl.IndirectCall;
            foreach (int next in _flow.Next(at))
            {
                Meet(next, isCall ? 0 : written[at] | Writes(at));
            }
        }

        return written;

        void Meet(int at, uint before)
        {
            uint both = written[at] & before;
            if (!reached[at] || both != written[at])
            {
                reached[at] = true;
                written[at] = both;
                waiting.Enqueue(at);
            }
        }
    }

    private uint Reads(int at) => Used(at, OpAccess.Read, OpAccess.CondRead, OpAccess.ReadWrite, OpAccess.ReadCondWrite);

    private uint Writes(int at) => Used(at, OpAccess.Write, OpAccess.ReadWrite);

    private uint Used(int at, params OpAccess[] accesses)
    {
        uint used = 0;
        foreach (UsedRegister register in _registers.GetInfo(_function.Instructions[at]).GetUsedRegisters())
        {
            if (register.Register is >= Register.XMM0 and <= Register.XMM15 && accesses.Contains(register.Access))
            {
                used |= 1u << (register.Register - Register.XMM0);
            }
        }

        return used;
    }
}
