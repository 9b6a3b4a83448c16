using System;
using System.CommandLine;
using System.IO;
using Lachesis.Tools.Commands.Boots;
using Lachesis.Tools.Commands.Checks;
using Lachesis.Tools.Commands.Costs;
using Lachesis.Tools.Commands.Fairness;
using Lachesis.Tools.Commands.Inspection;
using Lachesis.Tools.Commands.Scenarios;
using Lachesis.Tools.Commands.ThreadScale;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Ramdisk;

namespace Lachesis.Tools.CommandLine;

/// <summary>The command line: parses, runs, and turns what goes wrong into one line and an exit status.</summary>
public static class Cli
{
    /// <summary>Runs one command line.</summary>
    /// <returns>0 pass, 1 fail, 2 bad usage, 3 inconclusive; ended by a signal before it was done: 128 and the signal's number.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        ParseResult parsed = Parse(arguments);
        InvocationConfiguration configuration = new()
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        if (FailureMessageOf(parsed) is { } complaint)
        {
            error.WriteLine(complaint);
            return ToolException.BadUsage;
        }

        try
        {
            int status = parsed.Invoke(configuration);
            return status == (int)Verdict.Inconclusive && Interruption.Token.IsCancellationRequested ? Interruption.Status : status;
        }
        catch (ToolException problem)
        {
            error.WriteLine(InternalError.OneLine(problem.Message));
            return problem.Status;
        }
        catch (ManifestException problem)
        {
            error.WriteLine(InternalError.OneLine(problem.Message));
            return ToolException.BadUsage;
        }
        catch (RamdiskException problem)
        {
            error.WriteLine(InternalError.OneLine(problem.Message));
            return ToolException.Failure;
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("interrupted");
            return Interruption.Status;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            error.WriteLine(InternalError.FirstLine(problem.Message));
            return ToolException.Failure;
        }
        catch (Exception problem)
        {
            error.WriteLine(InternalError.Describe(problem));
            return ToolException.Failure;
        }
    }

    /// <summary>What is wrong with a command line as it stands, in one line; or null.</summary>
    internal static string? FailureMessage(string[] arguments) => FailureMessageOf(Parse(arguments));

    private static string? FailureMessageOf(ParseResult parsed) => parsed.Errors.Count == 0 ? null
        : parsed.UnmatchedTokens.Count > 0
            ? $"unknown command or option '{InternalError.OneLine(parsed.UnmatchedTokens[0])}'; see --help"
            : InternalError.OneLine(parsed.Errors[0].Message);

    private static ParseResult Parse(string[] arguments) => CreateRoot().Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });

    internal static RootCommand CreateRoot() => new("Builds, boots and judges the Lachesis kernel.")
    {
        RunCommand.Create(),
        SmokeCommand.Create(),
        ThreadScaleCommand.Create(),
        SimCommand.Create(),
        ScenarioCommand.Create(),
        CallsCommand.Create(),
        CostsCommand.Create(),
        QueuesCommand.Create(),
        QueueTimesCommand.Create(),
        FuzzCommand.Create(),
        FairCommand.Create(),
        DebugCommand.Create(),
        CompareEvidenceCommand.Create(),
        ReportCommand.Create(),
        RamdiskCommand.Create(),
        VerifyCommand.Create(),
        SuitesCommand.Create(),
        DocsCommand.Create(),
    };
}
