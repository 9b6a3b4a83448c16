using System;
using System.CommandLine;
using System.IO;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Ramdisk;

namespace Lachesis.Tools.Commands;

/// <summary>The command line: parses, runs, and turns what goes wrong into one line and an exit status.</summary>
public static class Cli
{
    private const int InterruptedStatus = 130;

    /// <summary>Runs one command line.</summary>
    /// <returns>0 pass, 1 fail, 2 bad usage, 3 inconclusive, 130 interrupted.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        ParseResult parsed = CreateRoot().Parse(arguments);
        InvocationConfiguration configuration = new()
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        if (parsed.Errors.Count > 0)
        {
            error.WriteLine(parsed.UnmatchedTokens.Count > 0
                ? $"unknown command or option '{FirstLine(parsed.UnmatchedTokens[0])}'; see --help"
                : FirstLine(parsed.Errors[0].Message));
            return ToolException.BadUsage;
        }

        try
        {
            return parsed.Invoke(configuration);
        }
        catch (ToolException problem)
        {
            error.WriteLine(problem.Message);
            return problem.Status;
        }
        catch (ManifestException problem)
        {
            error.WriteLine(problem.Message);
            return ToolException.BadUsage;
        }
        catch (RamdiskException problem)
        {
            error.WriteLine(problem.Message);
            return ToolException.Failure;
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("interrupted");
            return InterruptedStatus;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            error.WriteLine(FirstLine(problem.Message));
            return ToolException.Failure;
        }
    }

    private static RootCommand CreateRoot() => new("Builds, boots and judges the Lachesis kernel.")
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
        DocsCommand.Create(),
    };

    private static string FirstLine(string text)
    {
        int end = text.IndexOf('\n');
        return end < 0 ? text : text[..end].TrimEnd();
    }
}
