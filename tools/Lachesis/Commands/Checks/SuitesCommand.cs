using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Suites;

namespace Lachesis.Tools.Commands.Checks;

/// <summary>`lachesis suites`: everything that must hold, suite by suite.</summary>
public static class SuitesCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string[]> names = new("NAME") { Description = "suites; none: all", Arity = ArgumentArity.ZeroOrMore };
        Option<string> table = new("--table") { Description = "the table of suites (default tests/suites.json)" };
        Option<string> logs = new("--logs") { Description = "folder of what they print (default artifacts/logs)" };
        Option<int?> width = OptionValues.Integer(
            "--jobs", "JOBS", "how many run side by side at most (default: the host's CPUs)", 1, 1024);
        Option<bool> list = new("--list") { Description = "print the table and run nothing" };
        Command command = new("suites", "Runs the suites of `make test`, and sums them up in the last line.")
        {
            names, table, logs, width, list,
        };
        command.SetAction(parsed =>
        {
            IReadOnlyList<Suite> suites = Suite.Select(
                Suite.Load(parsed.GetValue(table) ?? Repository.PathOf("tests/suites.json")), parsed.GetValue(names) ?? []);
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(list))
            {
                Print(output, suites);
                return 0;
            }

            bool terminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");
            SuiteProgress progress = new(output, terminal, suites.Count);
            SuiteRunner runner = new(
                parsed.GetValue(logs) ?? Repository.PathOf("artifacts/logs"), parsed.GetValue(width) ?? Environment.ProcessorCount, progress);
            CancellationToken interruption = Interruption.Token;
            IReadOnlyList<FinishedSuite> finished = runner.Run(suites, interruption);
            progress.Sum(finished, interruption.IsCancellationRequested);
            return interruption.IsCancellationRequested ? Interruption.Status
                : finished.Any(static one => one.Result.Failed > 0) ? ToolException.Failure : 0;
        });
        return command;
    }

    private static void Print(TextWriter output, IReadOnlyList<Suite> suites)
    {
        foreach (Suite suite in suites)
        {
            output.WriteLine($"{suite.Name,-18} {(suite.Alone ? "alone" : ""),-6} {suite.Command}");
        }
    }
}
