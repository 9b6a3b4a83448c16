using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using Lachesis.Tools.CommandLine;
using Xunit;

namespace Lachesis.Tools.Tests.CommandLine;

/// <summary>
/// Every command with hostile values for its arguments and options: bad usage, exit status 2, and one line that says what is wrong.
/// Nothing is booted, as each line has at least one value that cannot be meant.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class CommandLineTests : IDisposable
{
    private const int LinesOfEach = 120;

    // The first so many of the files are none, or none that is read.
    private const int Unreadable = 12;

    private readonly string _folder = Directory.CreateTempSubdirectory("lachesis-lines-").FullName;
    private readonly string[] _files;
    private readonly string[] _words;

    public CommandLineTests()
    {
        string pipe = Path.Combine(_folder, "pipe");
        using (Process made = Process.Start("mkfifo", [pipe]))
        {
            made.WaitForExit();
        }

        string sparse = Path.Combine(_folder, "sparse");
        using (FileStream file = File.Create(sparse))
        {
            file.SetLength(10L << 30);
        }

        _files =
        [
            pipe, sparse, _folder, "/dev/zero", "/dev/null", "/nonexistent", "", " ", "a\nb", new string('x', 5000), "\ud800", "a\0b",
            Write("empty", []),
            Write("text", "hello\n"u8.ToArray()),
            Write("marked", [0xEF, 0xBB, 0xBF, (byte)'{']),
            Write("latin", "{ \"name\": \"\xE9\" }"u8.ToArray().Select(static (b, i) => i == 11 ? (byte)0xE9 : b).ToArray()),
            Write("surrogate", "{ \"\\ud800\": 1 }"u8.ToArray()),
            Write("deep", [.. Enumerable.Repeat((byte)'[', 100_000)]),
            Write("elf", [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]),
        ];
        _words =
        [
            "abc", "-1", "-0", "1.5", "0x10", "1e3", "99999999999999999999999", "1,,2", ",", "0", " 1", "1 ", "1\n2", "١", "--", "@x",
            "'", "\"", "\x1b[31m", "\ud800", "../../x", "a=b",
        ];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Commands => [.. Cli.CreateRoot().Subcommands.Select(static command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Hostile_values_are_bad_usage_in_one_line(string name)
    {
        Command command = Cli.CreateRoot().Subcommands.Single(one => one.Name == name);
        Random random = new(name.Length);
        for (int i = 0; i < LinesOfEach; i++)
        {
            AssertRefused(HostileLine(command, random));
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_option_refuses_what_cannot_be_meant_and_a_missing_value(string name)
    {
        Command command = Cli.CreateRoot().Subcommands.Single(one => one.Name == name);
        foreach (Option option in command.Options.Where(TakesValue))
        {
            AssertRefused([name, .. Needed(command), option.Name]);
            if (option.ValueType != typeof(string) && option.ValueType != typeof(string[]))
            {
                AssertRefused([name, .. Needed(command), option.Name, "no-such-thing"]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_explains_itself(string name)
    {
        (int status, string output, string error) = Run([name, "--help"]);

        Assert.Equal((0, ""), (status, error));
        Assert.All(
            Cli.CreateRoot().Subcommands.Single(one => one.Name == name).Options, option => Assert.Contains(option.Name, output));
    }

    private string[] HostileLine(Command command, Random random)
    {
        List<string> line = [command.Name];
        // Of a file that can be read, a report is shown as far as it goes; see DamagedFileTests.
        string[] files = command.Name == "report" ? _files[..Unreadable] : _files;
        line.AddRange(command.Arguments.Select(_ => Pick(random, files)));
        Option[] options = [.. command.Options.Where(TakesValue)];
        for (int i = random.Next(4); i > 0 && options.Length > 0; i--)
        {
            Option option = Pick(random, options);
            line.Add(option.Name);
            line.Add(Pick(random, random.Next(2) == 0 ? _files : _words));
        }

        // Of those that need no file, and of documents, which may hold anything, this is what cannot be meant.
        if (command.Arguments.Count == 0 || command.Name == "docs")
        {
            line.Insert(1, "--no-such-option");
        }

        return [.. line];
    }

    private void AssertRefused(string[] line)
    {
        (int status, string output, string error) = Run(line);
        string shown = string.Join(' ', line.Select(word => $"'{word}'"));
        Assert.True(status == 2, $"{shown}: status {status}: {error}{output}");
        Assert.True(output.Length == 0, $"{shown}: {output}");
        Assert.True(error.Length > 1 && error.IndexOf('\n') == error.Length - 1, $"{shown}: {error}");
        Assert.True(!error[..^1].Any(char.IsControl), $"{shown}: {error}");
        Assert.DoesNotContain("internal error", error);
    }

    private static (int Status, string Output, string Error) Run(string[] line)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int status = Cli.Run(line, output, error);
        return (status, output.ToString(), error.ToString());
    }

    private static IEnumerable<string> Needed(Command command) => command.Arguments.Select(static _ => "/nonexistent");

    private static bool TakesValue(Option option) => option.ValueType != typeof(bool) && option.Name is not ("--help" or "--version");

    private static T Pick<T>(Random random, T[] items) => items[random.Next(items.Length)];

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
