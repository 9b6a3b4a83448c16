using System;
using System.CommandLine;
using System.Globalization;
using System.IO;
using Lachesis.Abi;
using Lachesis.Core.Check;
using Lachesis.Simulator;
using Lachesis.Tools.CommandLine;

namespace Lachesis.Tools.Commands.Checks;

/// <summary>`lachesis fuzz`: hunts races in the kernel's core, on the simulated machine.</summary>
public static class FuzzCommand
{
    private const int DefaultMinutes = 2;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Option<int?> minutes = OptionValues.Integer(
            "--minutes", "MINUTES", $"how long to hunt (default {DefaultMinutes})", 1, 100_000);
        Option<int?> seed = OptionValues.Integer("--seed", "SEED", "the first seed (default: a random one)", 0, int.MaxValue);
        Option<int?> seeds = OptionValues.Integer("--seeds", "SEEDS", "how many seeds to try at most", 1, int.MaxValue);
        Option<SeededBug> bug = BugOption();
        Option<bool> counters = new("--counters")
        {
            Description = "print how often interleaved runs reached what the kernel counts",
        };
        Command command = new("fuzz", "Hunts races: runs the kernel's core on simulated CPUs, seed after seed.")
        {
            minutes, seed, seeds, bug, counters,
        };
        command.SetAction(parsed =>
        {
            HuntOptions options = new()
            {
                FirstSeed = parsed.GetValue(seed) ?? Random.Shared.Next(),
                Seeds = parsed.GetValue(seeds) ?? long.MaxValue,
                Time = TimeSpan.FromMinutes(parsed.GetValue(minutes) ?? DefaultMinutes),
                Bug = parsed.GetValue(bug),
            };
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"hunts from seed {options.FirstSeed} for at most {options.Time.TotalMinutes} minutes; Ctrl-C ends it with what was done so far"));
            HuntResult result = Hunter.Hunt(options, Interruption.Token);
            for (int i = 0; parsed.GetValue(counters) && i < result.Counters.Count; i++)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {result.Counters[i],20:N0} {(Counter)i}"));
            }

            Print(output, options, result);
            return result.Failure is not null ? ToolException.Failure : result.Interrupted ? Interruption.Status : 0;
        });
        return command;
    }

    private static Option<SeededBug> BugOption()
    {
        Option<SeededBug> option = new("--bug") { Description = "a bug to seed, to see it found", HelpName = "NAME" };
        option.CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (Enum.TryParse(text, out SeededBug bug) && Enum.IsDefined(bug) && !char.IsDigit(text[0]))
            {
                return bug;
            }

            result.AddError($"BUG: '{text}' is not one of {string.Join(", ", Enum.GetNames<SeededBug>())} (--bug)");
            return SeededBug.None;
        };
        return option;
    }

    private static void Print(TextWriter output, HuntOptions options, HuntResult result)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {result.Seeds:N0} seeds from {options.FirstSeed}, {result.Runs:N0} runs in {result.Elapsed.TotalSeconds:F1} s:
              {result.Points,15:N0} choice points decided by the simulator
              {result.Dispatches,15:N0} threads dispatched by the kernel
              {result.Entries,15:N0} kernel entries
              {result.Checks,15:N0} checks of everything
            """));
        if (result.Failure is not { } failure)
        {
            output.WriteLine(result.Interrupted ? "interrupted fuzz: everything held so far" : "pass fuzz: everything held");
            return;
        }

        output.WriteLine(failure.ToString());
        output.WriteLine($"fail fuzz: {failure.Message}");
    }
}
