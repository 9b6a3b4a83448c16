using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using Lachesis.Core.Machine;
using Xunit;

namespace Lachesis.Core.Tests.Machine;

/// <summary>Reads the core's compiled code: fields that CPUs share are accessed through the machine, by their address, and in no
/// other way (<see cref="SharedAttribute"/>).</summary>
public sealed class SharedFieldTests
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> s_opCodes = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private readonly record struct Instruction(OpCode Code, int Operand);

    [Fact]
    public void The_core_accesses_shared_fields_through_the_machine_alone() =>
        Assert.Equal("", string.Join('\n', typeof(Kernel).Assembly.GetTypes().SelectMany(PlainAccesses).Order()));

    [Fact]
    public void A_plain_access_is_seen_and_one_through_the_machine_is_not() => Assert.Equal(
        ["PlainWord.Add: Word", "PlainWord.Get: Word", "PlainWord.Set: Word"],
        PlainAccesses(typeof(PlainWord)).Order());

    private static IEnumerable<string> PlainAccesses(Type type)
    {
        foreach (MethodBase method in type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)))
        {
            List<Instruction> code = [.. Decode(method)];
            for (int i = 0; i < code.Count; i++)
            {
                if (PlainlyAccessed(method, code, i) is { } field && field.GetCustomAttribute<SharedAttribute>() is { } shared
                    && !shared.PlainIn.Split(", ").Contains(type.Name.Split('`')[0]) && !(shared.WrittenByOwnCpu && IsOwnCpu(method, code, i)))
                {
                    yield return $"{type.Name.Split('`')[0]}.{method.Name}: {field.Name}";
                }
            }
        }
    }

    // Reading, writing, or (by an address that is used twice) changing.
    private static FieldInfo? PlainlyAccessed(MethodBase method, List<Instruction> code, int i)
    {
        bool plain = code[i].Code == OpCodes.Ldfld || code[i].Code == OpCodes.Stfld
            || (code[i].Code == OpCodes.Ldflda && code[i + 1].Code == OpCodes.Dup);
        return plain ? Resolve(method, code[i].Operand) : null;
    }

    private static FieldInfo? Resolve(MethodBase method, int token)
    {
        Type type = method.DeclaringType!;
        return method.Module.ResolveField(
            token, type.IsGenericType ? type.GetGenericArguments() : null, method.IsGenericMethod ? method.GetGenericArguments() : null);
    }

    // cpu->Field, or cpu->Structure.Field.
    private static bool IsOwnCpu(MethodBase method, List<Instruction> code, int i)
    {
        int from = i - 1;
        while (from >= 0 && code[from].Code == OpCodes.Ldflda)
        {
            from--;
        }

        int argument = from < 0 ? -1 : code[from].Code.Value - OpCodes.Ldarg_0.Value;
        argument -= method.IsStatic ? 0 : 1;
        return argument >= 0 && argument < 4 && method.GetParameters().ElementAtOrDefault(argument)?.Name == "cpu";
    }

    private static IEnumerable<Instruction> Decode(MethodBase method)
    {
        byte[] bytes = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (int at = 0; at < bytes.Length;)
        {
            short value = bytes[at] == 0xFE ? (short)(0xFE00 | bytes[at + 1]) : bytes[at];
            OpCode code = s_opCodes[value];
            at += code.Size;
            int size = code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(bytes, at)),
                _ => 4,
            };
            yield return new Instruction(code, size >= 4 ? BitConverter.ToInt32(bytes, at) : 0);
            at += size;
        }
    }

    private unsafe struct PlainWord
    {
        [Shared]
        public ulong Word;

        public static ulong Get(PlainWord* word) => word->Word;

        public static void Set(PlainWord* word) => word->Word = 1;

        public static void Add(PlainWord* word) => word->Word += 2;

        public static ulong Load<TMachine>(PlainWord* word)
            where TMachine : struct, IMachine => TMachine.Load(&word->Word);
    }
}
