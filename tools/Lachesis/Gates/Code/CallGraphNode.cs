using System.Collections.Generic;
using Iced.Intel;

namespace Lachesis.Tools.Gates.Code;

/// <summary>What one function calls.</summary>
/// <param name="Callees">Functions that it calls, jumps to, runs into, or takes the address of; itself, if it calls itself.</param>
/// <param name="Flow">Where control goes within it.</param>
/// <param name="Indirect">Its calls and jumps to wherever a register or memory says.</param>
public sealed record CallGraphNode(
    IReadOnlyList<CodeFunction> Callees, ControlFlow Flow, IReadOnlyList<Instruction> Indirect);
