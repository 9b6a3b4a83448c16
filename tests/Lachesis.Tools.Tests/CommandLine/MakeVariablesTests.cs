using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;
using Xunit;

namespace Lachesis.Tools.Tests.CommandLine;

/// <summary>The table of variables, what make does with it, and that the host command allows the same.</summary>
public sealed partial class MakeVariablesTests
{
    public static TheoryData<int> Rows => [.. Enumerable.Range(0, MakeVariable.All.Count)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_variable_reaches_every_target_that_the_table_names(int row)
    {
        MakeVariable variable = MakeVariable.All[row];
        Assert.All(variable.Targets, target =>
        {
            (int status, string output, string error) = MakeVariable.Make([target, $"{variable.Name}={variable.Good}"]);

            Assert.Equal((0, ""), (status, error));
            Assert.True(IsExported(variable) || output != MakeVariable.Make([target, .. OtherThan(variable)]).Output);
        });
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_bad_value_is_one_line_that_names_it_and_status_2(int row)
    {
        MakeVariable variable = MakeVariable.All[row];
        if (variable.Bad is { } bad)
        {
            AssertRefused($"{variable.Name}: '{bad}' is ", variable.Targets[0], $"{variable.Name}={bad}");
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_host_command_allows_the_same_numbers(int row)
    {
        MakeVariable variable = MakeVariable.All[row];
        if (variable.Range is not (string least, string most))
        {
            return;
        }

        foreach (string target in variable.Targets)
        {
            string output = MakeVariable.Make([target, $"{variable.Name}={most}"]).Output;
            string[] line = MakeVariable.HostCommands(output).First(words => words.Any(word => Holds(word, most)));
            Assert.Null(Complaint(line));
            Assert.Null(Complaint(Replace(line, most, least)));
            Assert.Contains("' is not a ", Complaint(Replace(line, most, most + "0")));
        }
    }

    [Theory]
    [InlineData("CPU: unknown variable; did you mean CPUS?", "run-smoke", "CPU=4")]
    [InlineData("RUN: unknown variable; did you mean RUNS?", "run-smoke", "RUN=3")]
    [InlineData("WORKER: unknown variable; did you mean WORKERS?", "run-thread-scale", "WORKER=")]
    [InlineData("cpus: unknown variable; did you mean CPUS?", "run-smoke", "cpus=2")]
    [InlineData("SECONDS: unknown variable; did you mean SECONDS_TO_RUN?", "soak", "SECONDS=2")]
    [InlineData("FROBNICATE: unknown variable; 'make help' lists them", "run-smoke", "FROBNICATE=1")]
    [InlineData("WORKERS: not a variable of run-smoke, but of run-thread-scale", "run-smoke", "WORKERS=4")]
    [InlineData("CPUS: not a variable of all, but of ", "all", "CPUS=4")]
    [InlineData("CALLS: 'abc' is not a whole number from 1 to ", "fuzz-syscalls", "CALLS=abc")]
    [InlineData("CALLS: '-5' is not a whole number from 1 to ", "fuzz-syscalls", "CALLS=-5")]
    [InlineData("SECONDS_TO_RUN: '1 seed=2' is not a whole number", "soak", "SECONDS_TO_RUN=1 seed=2")]
    [InlineData("N: '0' is not a whole number from 1 to ", "stress", "N=0")]
    [InlineData("CPUS: '1,,2' is not a list of whole numbers from 1 to 64", "run-park", "CPUS=1,,2")]
    [InlineData("CPUS: '1,2' is not a whole number from 1 to 64", "debug", "CPUS=1,2")]
    [InlineData("SEED: '18446744073709551616' is not a whole number", "sim-scenario", "SEED=18446744073709551616")]
    [InlineData("SCENARIO: 'bench' is a folder, not a file", "sim-scenario", "SCENARIO=bench")]
    [InlineData("SMOKE: 'nix' is not a smoke; there are: ", "stress", "SMOKE=nix")]
    public void What_cannot_be_meant_is_refused_before_anything_is_built(string message, params string[] arguments) =>
        AssertRefused(message, arguments);

    [Theory]
    [InlineData("V=1")]
    [InlineData("DESTDIR=/tmp/x")]
    [InlineData("CPUS=")]
    public void What_everybody_knows_and_what_is_empty_is_let_pass(string argument) =>
        Assert.Equal((0, ""), (MakeVariable.Make(["run-smoke", argument]) is (int status, _, string error) ? (status, error) : default));

    [Fact]
    public void Several_targets_may_use_what_one_of_them_does() =>
        Assert.Equal(0, MakeVariable.Make(["run-smoke", "fuzz", "MINUTES=3"]).Status);

    [Fact]
    public void The_environment_of_others_breaks_nothing()
    {
        string plain = MakeVariable.Make(["run-smoke"]).Output;
        (int status, string output, string error) = MakeVariable.Make(
            ["run-smoke"], ("CPU", "4"), ("N", "x"), ("WORK", "/home/x"), ("MEMORY", "16GB"));

        Assert.Equal((0, plain), (status, output));
        Assert.Equal("make: left out, as it is the environment's: MEMORY: '16GB' is not a whole number from 64 to 65536\n", error);
        Assert.Contains("--cpus 3", MakeVariable.Make(["run-smoke"], ("CPUS", "3")).Output.Replace("'", ""));
    }

    [Fact]
    public void A_make_in_a_make_lets_the_variables_of_its_caller_pass() =>
        Assert.Equal(0, MakeVariable.Make(["run-smoke"], ("MAKELEVEL", "1"), ("MAKEFLAGS", " -- CPU=4 WHATEVER=1 FILTER=x")).Status);

    [Fact]
    public void Every_variable_that_the_makefile_hands_on_is_in_the_table()
    {
        string makefile = File.ReadAllText(Path.Combine(Repository.Root, "Makefile"));
        IEnumerable<string> used = HandedOn().Matches(makefile).Select(static match => match.Groups[1].Value).Distinct();

        Assert.Empty(used.Except(MakeVariable.All.Select(static row => row.Name)));
    }

    [Fact]
    public void Help_names_every_target_and_every_variable_and_cuts_nothing()
    {
        string help = MakeVariable.Run(["help"]).Output;

        Assert.All(MakeVariable.All, row => Assert.Contains($"  {row.Name}={row.Allowed} ", help));
        string[] targets = [.. Described().Matches(File.ReadAllText(Path.Combine(Repository.Root, "Makefile"))).Select(static match =>
            $"{match.Groups[1].Value}\n{match.Groups[2].Value}")];
        Assert.NotEmpty(targets);
        Assert.All(targets, target =>
            Assert.Matches($@"(?m)^  {Regex.Escape(target.Split('\n')[0])} +{Regex.Escape(target.Split('\n')[1])}$", help));
    }

    // In the environment of what is run, and so not seen in it.
    private static bool IsExported(MakeVariable variable) => variable.Name is "QEMU" or "SECOND_QEMU";

    // A switch is compared with its other value, since which one is the default differs between targets; the rest with the default.
    private static string[] OtherThan(MakeVariable variable) => variable.Allowed == "0|1" ? [$"{variable.Name}=0"] : [];

    private static void AssertRefused(string message, params string[] arguments)
    {
        (int status, string output, string error) = MakeVariable.Make(arguments);

        Assert.Equal((2, ""), (status, output));
        Assert.Matches($@"^Makefile:\d+: \*\*\* {Regex.Escape(message)}.*\.  Stop\.\n$", error);
    }

    // What the host command says to a line before it does anything; the arguments of programs as their manifests declare them.
    private static string? Complaint(string[] line)
    {
        int argument = Array.IndexOf(line, "--argument");
        return argument < 0
            ? Cli.FailureMessage(line)
            : Cli.FailureMessage(line) ?? ProgramArguments.ErrorFor(
                ManifestDocument.Load(Path.Combine(Repository.Root, line[1])).Processes[0], line[argument + 1]);
    }

    private static bool Holds(string word, string value) => word.Split('=', ' ').Contains(value);

    private static string[] Replace(string[] line, string value, string by) =>
        [.. line.Select(word => Holds(word, value) ? Regex.Replace(word, $@"(?<![^= ]){value}(?![^ ])", by) : word)];

    [GeneratedRegex(@"call option,([A-Z_]+)")]
    private static partial Regex HandedOn();

    [GeneratedRegex(@"(?m)^([a-z0-9-]+):.*?## (.*)$")]
    private static partial Regex Described();
}
