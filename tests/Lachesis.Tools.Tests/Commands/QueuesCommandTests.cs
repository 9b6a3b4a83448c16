using System;
using System.IO;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lachesis.Tools.Queues;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

/// <summary>`lachesis queues` from the command line to the evidence, with a shell script that measures.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class QueuesCommandTests : IDisposable
{
    private const string Line = "queues --program ./measure";
    private readonly FakeRepository _repository = new();

    public QueuesCommandTests()
    {
        Directory.CreateDirectory(_repository.PathOf("bench"));
        Table(new("rr/pick/10", null, 0.1, 0.02, 1, 10), new("rr/pick/1000", 3, 0.1, 0.02, 1, 10));
    }

    public void Dispose() => _repository.Dispose();

    [Theory]
    [InlineData("[10]", 0, "pass queues: nothing got worse, nothing allocates; 1 of 1 goals reached")]
    [InlineData("[12]", 1, "fail queues: rr/pick/10 takes 0.12 of the sorted set's time, accepted were 0.1; rr/pick/1000 ")]
    public void It_prints_a_table_and_writes_the_evidence(string kernel, int status, string verdict)
    {
        Program($"""cat > "$1" <<<'[{Figures("rr/pick/10", kernel)}, {Figures("rr/pick/1000", kernel)}]'""");
        (int found, string output, string error) = _repository.Run(Line);

        Assert.Equal((status, ""), (found, error));
        Assert.Contains(verdict, output);
        JsonElement evidence = _repository.Evidence("queues");
        Assert.Equal(status == 0 ? "pass" : "fail", evidence.GetProperty("verdict").GetString());
        Assert.Equal(status == 0 ? 0.1 : 0.12, evidence.GetProperty("metrics").GetProperty("rr/pick/10/ratio").GetDouble());
    }

    [Fact]
    public void Quickly_only_a_thousand_threads_are_asked_for()
    {
        Program($"""
            case "$*" in artifacts/queues/*/"measured.json 7 rr/pick/1000") true ;; *) false ;; esac &&
              cat > "$1" <<<'[{Figures("rr/pick/1000", "[10]")}]'
            """);

        Assert.Equal(0, _repository.Run(Line + " --quick").Status);
    }

    [Fact]
    public void Accepting_writes_the_table()
    {
        Program($"""cat > "$1" <<<'[{Figures("rr/pick/10", "[12]")}, {Figures("rr/pick/1000", "[20]")}]'""");

        Assert.Equal(0, _repository.Run(Line + " --accept").Status);
        Assert.Equal(
            [new("rr/pick/10", null, 0.12, 0, 12, 100), new("rr/pick/1000", 3, 0.2, 0, 20, 100)],
            QueueTable.Load(_repository.PathOf("bench/queues.json")).Cases);
    }

    [Theory]
    [InlineData("exit 7", "./measure: exit status 7")]
    [InlineData("exec sleep 60", "./measure: took longer than 1 seconds")]
    [InlineData("echo nonsense > \"$1\"", "artifacts/queues/RUN/measured.json: ")]
    public void A_program_that_does_not_measure_is_one_line(string script, string message)
    {
        Program(script);
        (int status, _, string error) = _repository.Run(Line + " --timeout 1");

        Assert.Equal(1, status);
        Assert.StartsWith(message, Regex.Replace(error, @"/\d[\d-]+/", "/RUN/"));
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    private static string Figures(string name, string kernel) =>
        $$"""{"name": "{{name}}", "kernelNs": {{kernel}}, "yardstickNs": [100], "kernelBytes": [0]}""";

    private void Table(params QueueCase[] cases) =>
        new QueueTable { Cases = cases }.Save(_repository.PathOf("bench/queues.json"));

    private void Program(string script)
    {
        string path = _repository.PathOf("measure");
        File.WriteAllText(path, "#!/bin/bash\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
