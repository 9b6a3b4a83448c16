using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Tests.CommandLine;

/// <summary>A row of boot/variables.txt.</summary>
internal sealed record MakeVariable(string Name, string Allowed, string[] Targets)
{
    // Tests ask for the same again and again.
    private static readonly ConcurrentDictionary<string, (int, string, string)> s_made = new();

    /// <summary>All rows.</summary>
    public static IReadOnlyList<MakeVariable> All { get; } =
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "boot/variables.txt"))
            .Where(static line => line.Length > 0 && line[0] != '#')
            .Select(static line => line.Split(';', 4, StringSplitOptions.TrimEntries))
            .Select(static cells => new MakeVariable(cells[0], cells[1], cells[2].Replace("run-SMOKE", "run-park").Split(' '))),
    ];

    /// <summary>The bounds of a number or of a list of them; else null.</summary>
    public (string Least, string Most)? Range => Allowed.Split("..", 2) is [string least, string most]
        ? (least, most.Split(',')[0])
        : null;

    /// <summary>A value that is good, and nobody's default.</summary>
    public string Good => Allowed switch
    {
        "FILE" => "bench/scenarios/timers.json",
        "SMOKE" => "ipc",
        "TEXT" => Name switch { "BUG" => "MissingFence", "FEATURES" => "none", _ => "xyz" },
        "0|1" => "1",
        _ => Range?.Most ?? Allowed.Split('|')[^1],
    };

    /// <summary>A value that is not good, or null: make does not know.</summary>
    public string? Bad => Allowed switch
    {
        "TEXT" => null,
        _ => Range is (_, string most) ? most + "0" : "no-such-thing",
    };

    /// <summary>What make would do, which <c>make -n</c> prints, without the variables of a make that runs these
    /// tests.</summary>
    public static (int Status, string Output, string Error) Make(
        IEnumerable<string> arguments, params (string Name, string Value)[] environment) => s_made.GetOrAdd(
        string.Join('\n', [.. arguments, "", .. environment.Select(static one => $"{one.Name}={one.Value}")]),
        _ => Run(["-n", .. arguments], environment));

    /// <summary>What make prints.</summary>
    public static (int Status, string Output, string Error) Run(
        IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("make", arguments)
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in (string[])["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", .. All.Select(static row => row.Name)])
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process make = Process.Start(start)!;
        System.Threading.Tasks.Task<string> error = make.StandardError.ReadToEndAsync();
        string output = make.StandardOutput.ReadToEnd();
        make.WaitForExit();
        return (make.ExitCode, output, error.Result);
    }

    /// <summary>The command lines of the host command that make would run, as the shell would split them.</summary>
    public static IEnumerable<string[]> HostCommands(string printed) => printed
        .Replace("\\\n", " ", StringComparison.Ordinal)
        .Split('\n')
        .Where(static line => line.StartsWith("artifacts/bin/lachesis ", StringComparison.Ordinal))
        .Select(static line => line.Split(" || ")[0].Split('\'')
            .SelectMany(static (part, index) => index % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Skip(1)
            .ToArray());
}
