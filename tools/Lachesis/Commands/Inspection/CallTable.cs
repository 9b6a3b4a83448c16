using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lachesis.Abi;

namespace Lachesis.Tools.Commands.Inspection;

/// <summary>The table of system calls in words.</summary>
public static class CallTable
{
    private const string Heading = """
        # System calls

        Printed by `lachesis calls --markdown` from `kernel/abi/calls/SystemCallTable.cs`, the one definition to which tests hold the
        kernel; do not edit. `kernel/abi/calls/SystemCall.cs` says what each call does, [capabilities.md](capabilities.md) what each right
        means. A handle is followed by the right that its capability must have. The errors are all that the call may return. A call that
        returns an error has changed nothing, unless it has blocked. The last column has what else the row says (`CallTraits`): `in ring`
        for what [rings.md](rings.md) allows, `refused to fuzzer` and `drawn seldom` for [fuzzing.md](fuzzing.md).
        [how-to/add-a-system-call.md](how-to/add-a-system-call.md) adds a call.

        | number | call | arguments | errors | |
        |---|---|---|---|---|
        """;

    /// <summary>Every call by number, each in its first form.</summary>
    public static IEnumerable<SystemCall> Calls => Enum.GetValues<SystemCall>().Where(call => call != SystemCall.Count);

    /// <summary>The forms of a call.</summary>
    public static IEnumerable<CallSignature> FormsOf(SystemCall call)
    {
        for (uint form = 0; form < SystemCallTable.MaxForms; form++)
        {
            CallSignature shape = SystemCallTable.Of(call, form);
            if (shape.Exists)
            {
                yield return shape;
            }
        }
    }

    /// <summary>The table as <c>docs/system-calls.md</c> has it.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder(Heading).Append('\n');
        foreach (SystemCall call in Calls)
        {
            foreach (CallSignature shape in FormsOf(call))
            {
                text.Append(CultureInfo.InvariantCulture, $"| {(uint)call} | {call} | {string.Join(", ", Arguments(shape))} ");
                text.Append(CultureInfo.InvariantCulture, $"| {string.Join(", ", Errors(shape))} | {Traits(shape)} |\n");
            }
        }

        return text.ToString();
    }

    /// <summary>The same as JSON: a list of forms of calls.</summary>
    public static string ToJson()
    {
        var forms = Calls.SelectMany(call => FormsOf(call).Select(shape => new
        {
            number = (uint)call,
            call = call.ToString(),
            arguments = Arguments(shape),
            errors = Errors(shape),
            traits = Traits(shape),
        }));
        return JsonSerializer.Serialize(forms, s_indented) + "\n";
    }

    /// <summary>What the arguments are, in words.</summary>
    public static IReadOnlyList<string> Arguments(CallSignature shape)
    {
        List<string> words = [];
        for (uint i = 0; i < 4 && shape.Argument(i).Kind != ArgumentKind.None; i++)
        {
            words.Add(Describe(shape.Argument(i)));
        }

        return words;
    }

    /// <summary>The errors that it may answer.</summary>
    public static IReadOnlyList<Error> Errors(CallSignature shape) =>
        [.. Enum.GetValues<Error>().Where(error => error != Error.None && shape.MayReturn(error))];

    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
    };

    private static string Traits(CallSignature shape) =>
        shape.Traits == CallTraits.None ? "" : Regex.Replace(shape.Traits.ToString(), "(?<=[a-z])[A-Z]", " $0").ToLowerInvariant();

    private static string Describe(CallArgument argument) => argument.Kind switch
    {
        ArgumentKind.Handle => $"{Handle(argument.Object, argument.RequiredRights)}{(argument.IsOptional ? " or none" : "")}",
        ArgumentKind.HandlePair => $"{Handle(argument.Object, argument.RequiredRights)} and "
            + $"{Handle(argument.UpperObject, argument.UpperRequiredRights)}{(argument.UpperIsOptional ? " or none" : "")}",
        ArgumentKind.Number when argument.Lowest == argument.Highest => Number(argument.Lowest),
        ArgumentKind.Number => $"{Number(argument.Lowest)} .. {Number(argument.Highest)}",
        ArgumentKind.Input => $"readable {Bytes(argument)}",
        ArgumentKind.Output => $"writable {Bytes(argument)}",
        ArgumentKind.InputOutput => $"readable and writable {Bytes(argument)}",
        ArgumentKind.ReadableWord => "aligned readable word",
        ArgumentKind.ParkAddress => "aligned address",
        ArgumentKind.UserAddress => "address",
        ArgumentKind.MessageBuffer => "IPC buffer",
        ArgumentKind.Cpu => "CPU",
        ArgumentKind.CpuMask => "CPU mask",
        ArgumentKind.RightsMask => "mask of rights",
        ArgumentKind.Bits => "any",
        _ => argument.Kind.ToString().ToLowerInvariant(),
    };

    private static string Handle(ObjectKind kind, Rights needed) =>
        kind == ObjectKind.None ? "any handle" : $"{kind} ({needed})";

    private static string Bytes(CallArgument argument) =>
        argument.Highest == 0 ? "memory" : $"memory, {Number(argument.Highest)} bytes";

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
