using System;
using System.IO;
using System.Text;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.CommandLine;

/// <summary>What the tool itself did wrong: one line for the user, and the trace in a file for those who mend it.</summary>
public static class InternalError
{
    private const string LogName = "lachesis-error.log";

    /// <summary>Also for what happens on threads of the tool's own: no trace on the terminal, and exit status 1.</summary>
    public static void Install() => AppDomain.CurrentDomain.UnhandledException += static (_, arguments) =>
    {
        Console.Error.WriteLine(Describe((Exception)arguments.ExceptionObject));
        Environment.Exit(ToolException.Failure);
    };

    /// <summary>Writes the trace down; returns the line for the user.</summary>
    public static string Describe(Exception problem)
    {
        while (problem is AggregateException { InnerException: { } inner })
        {
            problem = inner;
        }

        string what = $"internal error: {problem.GetType().Name}: {FirstLine(problem.Message)}";
        return WriteLog(problem) is { } log ? $"{what}; please report it with {log}" : $"{what}; its trace could not be written to any file";
    }

    /// <summary>The first line of a message, with nothing in it that a terminal obeys.</summary>
    public static string FirstLine(string text)
    {
        int end = text.IndexOfAny(['\n', '\r']);
        return OneLine(end < 0 ? text : text[..end].TrimEnd());
    }

    /// <summary>All of a message on one line, with nothing in it that a terminal obeys: names of files may hold anything.</summary>
    public static string OneLine(string text)
    {
        StringBuilder line = new(text);
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = char.IsControl(line[i]) ? '?' : line[i];
        }

        return line.ToString();
    }

    // Beside the evidence, else where temporary files go.
    private static string? WriteLog(Exception problem)
    {
        string trace = $"{DateTime.UtcNow:O} {Environment.CommandLine}\n{problem}\n";
        foreach (string folder in (string[])[Repository.PathOf("artifacts"), Path.GetTempPath()])
        {
            try
            {
                Directory.CreateDirectory(folder);
                string path = Path.Combine(folder, LogName);
                File.AppendAllText(path, trace);
                return path;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The next one, then.
            }
        }

        return null;
    }
}
