using System.IO;
using Lachesis.Tools.CommandLine;
using Xunit;

namespace Lachesis.Tools.Tests.CommandLine;

public sealed class CliTests
{
    [Theory]
    [InlineData("thread-scale --cpus x", "CPUS: 'x' is not a list of CPU counts from 1 to 64 (--cpus)")]
    [InlineData("thread-scale --cpus 1,65", "CPUS: '1,65' is not a list of CPU counts from 1 to 64 (--cpus)")]
    [InlineData("thread-scale --cpus 1,,2", "CPUS: '1,,2' is not a list of CPU counts from 1 to 64 (--cpus)")]
    [InlineData("thread-scale --workers 0", "WORKERS: '0' is not a list of worker counts from 1 to 16384 (--workers)")]
    [InlineData("thread-scale --runs -1", "RUNS: '-1' is not a whole number from 1 to 1000 (--runs)")]
    [InlineData("thread-scale --seed z", "SEED: 'z' is not a whole number from 0 to 18446744073709551615 (--seed)")]
    [InlineData("thread-scale --loop spin", "LOOP: 'spin' is not chain or throughput (--loop)")]
    [InlineData("thread-scale --work 0", "WORK: '0' is not a whole number from 1 to 2000000000 (--work)")]
    [InlineData("thread-scale --work 1e6", "WORK: '1e6' is not a whole number from 1 to 2000000000 (--work)")]
    [InlineData("thread-scale --timeout 0", "TIMEOUT: '0' is not a whole number from 1 to 86400 (--timeout)")]
    [InlineData("thread-scale --accel xen", "ACCEL: 'xen' is not tcg or kvm (--accel)")]
    [InlineData("thread-scale --accel kvm --icount", "ICOUNT: instruction counting needs ACCEL=tcg")]
    [InlineData("thread-scale --shapes 1x1 --cpus 2", "SHAPES: give either the rows themselves, or CPUS and WORKERS")]
    [InlineData("run m.json --cpus 1,2", "CPUS: '1,2' is not a whole number from 1 to 64 (--cpus)")]
    [InlineData("scenario x.json --compare all", "COMPARE: 'all' is not order or shares (--compare)")]
    [InlineData("costs --runs 10", "RUNS: '10' is not a whole number from 1000 to 1000000 (--runs)")]
    [InlineData("fuzz --minutes 0", "MINUTES: '0' is not a whole number from 1 to 100000 (--minutes)")]
    [InlineData("fair --seconds abc", "SECONDS_TO_RUN: 'abc' is not a whole number from 1 to 100 (--seconds)")]
    [InlineData("smoke --repeat 0", "RUNS: '0' is not a whole number from 1 to 10000 (--repeat)")]
    [InlineData("run", "Required argument 'MANIFEST' missing for command: 'run'.")]
    [InlineData("frobnicate", "unknown command or option 'frobnicate'; see --help")]
    [InlineData("run m.json --frobnicate", "unknown command or option '--frobnicate'; see --help")]
    [InlineData("", "Required command was not provided.")]
    public void Bad_usage_is_one_line_and_status_2(string line, string message)
    {
        (int status, string output, string error) = Run(line);

        Assert.Equal((2, "", message + "\n"), (status, output, error));
    }

    [Theory]
    [InlineData("--help", "thread-scale")]
    [InlineData("run --help", "MANIFEST")]
    [InlineData("smoke --help", "--self-test")]
    [InlineData("thread-scale --help", "--workers")]
    [InlineData("costs --help", "--accept")]
    [InlineData("fuzz --help", "--minutes")]
    [InlineData("report --help", "FILE")]
    [InlineData("ramdisk --help", "MANIFEST")]
    [InlineData("sim --help", "--dispatch")]
    [InlineData("scenario --help", "--compare")]
    [InlineData("verify --help", "verify")]
    public void Every_level_explains_itself(string line, string word)
    {
        (int status, string output, string error) = Run(line);

        Assert.Equal((0, ""), (status, error));
        Assert.Contains(word, output);
    }

    [Fact]
    public void A_manifest_that_is_not_there_is_one_line_and_status_2()
    {
        (int status, _, string error) = Run("run no-such-manifest.json");

        Assert.Equal(2, status);
        Assert.StartsWith("no-such-manifest.json: ", error);
        Assert.Equal(error.Length - 1, error.IndexOf('\n'));
    }

    [Fact]
    public void A_report_that_is_not_there_is_one_line_and_status_2()
    {
        (int status, _, string error) = Run("report no-such-report.bin");

        Assert.Equal(2, status);
        Assert.Equal(error.Length - 1, error.IndexOf('\n'));
    }

    internal static (int Status, string Output, string Error) Run(string line)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int status = Cli.Run(line.Split(' ', System.StringSplitOptions.RemoveEmptyEntries), output, error);
        return (status, output.ToString(), error.ToString());
    }
}
