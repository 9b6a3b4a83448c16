using System;
using System.IO;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lachesis.Tools.Queues;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Costs;

/// <summary>`lachesis queue-times` from the command line to the evidence, with a shell script that measures.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class QueueTimesCommandTests : IDisposable
{
    private const string Line = "queue-times --program ./measure";
    private readonly FakeRepository _repository = new();

    public QueueTimesCommandTests()
    {
        Directory.CreateDirectory(_repository.PathOf("bench"));
        new QueueTable { Tolerance = 0.1, Growth = [], Cases = [new("rr/pick/10", null), new("rr/pick/1000", null)] }
            .Save(_repository.PathOf("bench/queues.json"));
    }

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void No_figure_fails_it_and_a_difference_counts_only_beyond_the_noise()
    {
        Measures("[10, 11, 10]");
        Assert.Contains("0 faster, 0 slower, 0 as before, 1 with none to compare, 0 noise", Passes());

        Measures("[11, 10, 12]");
        Assert.Contains("0 faster, 0 slower, 1 as before, 0 with none to compare, 0 noise", Passes());

        Measures("[20, 21, 22]");
        Assert.Contains("slower, +90.9%", Passes());
    }

    [Fact]
    public void A_gain_on_a_host_that_was_disturbed_is_noise()
    {
        Measures("[10, 11, 10]");
        Passes();
        Measures("[1, 2, 1]");
        string output = Passes();

        Assert.Contains("noise: rounds 100.0% apart", output);
        Assert.DoesNotContain("faster, -", output);

        // Nor is it what later figures are compared with.
        Measures("[10, 11, 10]");
        Assert.Contains("1 as before", Passes());
    }

    [Fact]
    public void Quickly_only_a_thousand_threads_are_asked_for()
    {
        Program($"""
            case "$*" in artifacts/queue-times/*/"measured.json 5 rr/pick/1000") true ;; *) false ;; esac &&
              cat > "$1" <<<'[{Figures("rr/pick/1000", "[10]")}]'
            """);

        Assert.Equal(0, _repository.Run(Line + " --quick").Status);
    }

    [Fact]
    public void What_was_complete_when_the_time_was_over_is_reported()
    {
        Program($"""
            cat > "$1" <<<'[{Figures("rr/pick/10", "[10, 11, 10]")}]'
            exec sleep 60
            """);

        Assert.Equal(0, _repository.Run(Line + " --timeout 1").Status);
        JsonElement evidence = _repository.Evidence("queue-times");
        Assert.Equal(0.1, evidence.GetProperty("metrics").GetProperty("rr/pick/10/ratio").GetDouble());

        Program("exec sleep 60");
        (int status, string output, _) = _repository.Run(Line + " --timeout 1");
        Assert.Equal(3, status);
        Assert.Contains("inconclusive queue-times: not one round was complete when the time was over", output);
    }

    [Fact]
    public void A_history_that_cannot_be_read_is_begun_anew()
    {
        Measures("[10, 11, 10]");
        Passes();
        string history = Assert.Single(Directory.GetFiles(_repository.PathOf("artifacts/machines")));
        File.WriteAllText(history, "{ half");

        Assert.Contains("1 with none to compare", Passes());
        Assert.Contains("1 as before", Passes());
    }

    [Theory]
    [InlineData("exit 7", "./measure: exit status 7")]
    [InlineData("echo nonsense > \"$1\"", "artifacts/queue-times/RUN/measured.json: ")]
    public void A_program_that_does_not_measure_is_one_line(string script, string message)
    {
        Program(script);
        (int status, _, string error) = _repository.Run(Line);

        Assert.Equal(1, status);
        Assert.StartsWith(message, Regex.Replace(error, @"/\d[\d-]+/", "/RUN/"));
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("0")]
    [InlineData("-5")]
    public void A_bad_number_of_rounds_is_one_line_and_bad_usage(string rounds) => Assert.Equal(
        (2, "", $"ROUNDS: '{rounds}' is not a whole number from 1 to 1000 (--rounds)\n"),
        _repository.Run($"{Line} --rounds {rounds}"));

    private string Passes()
    {
        (int status, string output, string error) = _repository.Run(Line);
        Assert.Equal((0, ""), (status, error));
        return output;
    }

    private void Measures(string kernel) => Program($"""cat > "$1" <<<'[{Figures("rr/pick/10", kernel)}]'""");

    private static string Figures(string name, string kernel)
    {
        string yardstick = "[" + string.Join(", ", Array.ConvertAll(kernel.Split(','), static _ => "100")) + "]";
        return $$"""{"name": "{{name}}", "kernelNs": {{kernel}}, "yardstickNs": {{yardstick}}}""";
    }

    private void Program(string script) => _repository.AddProgram("measure", script);
}
