using System.CommandLine;
using System.IO;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Tools.CommandLine;

namespace Lachesis.Tools.Commands.Inspection;

/// <summary>`lachesis calls`: prints the table of system calls.</summary>
public static class CallsCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "print JSON" };
        Option<bool> markdown = new("--markdown") { Description = "print docs/system-calls.md" };
        Option<bool> sets = new("--sets") { Description = "print kernel/abi/calls/CallSets.cs" };
        Command command = new("calls", "Prints every system call: arguments, rights, errors.") { json, markdown, sets };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                output.Write(CallTable.ToJson());
            }
            else if (parsed.GetValue(markdown))
            {
                output.Write(CallTable.ToMarkdown());
            }
            else if (parsed.GetValue(sets))
            {
                output.Write(CallSetSource.Print(CallSetSource.Rows));
            }
            else
            {
                Print(output);
            }

            return 0;
        });
        return command;
    }

    private static void Print(TextWriter output)
    {
        Spectre.Console.Table table = Tables.Create(" number", "call", "arguments", "errors");
        foreach (SystemCall call in CallTable.Calls)
        {
            foreach (CallSignature shape in CallTable.FormsOf(call))
            {
                string arguments = string.Join(", ", CallTable.Arguments(shape));
                string errors = string.Join(", ", CallTable.Errors(shape).Select(error => error.ToString()));
                table.AddPlainRow(Tables.Number((long)call), call.ToString(), arguments, errors);
            }
        }

        Tables.Print(output, table);
    }
}
