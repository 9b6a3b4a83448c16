using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Evidence;

public sealed class EvidenceRunTests : IDisposable
{
    private readonly string _place = Directory.CreateTempSubdirectory("lachesis-test-").FullName;

    private string Parent => Path.Combine(_place, "x");

    public void Dispose() => Directory.Delete(_place, recursive: true);

    [Fact]
    public void Runs_that_start_at_once_have_a_folder_each()
    {
        EvidenceRun[] runs = [.. Enumerable.Range(0, EvidenceRun.Kept).AsParallel().WithDegreeOfParallelism(8).Select(_ => Start())];

        Assert.Equal(EvidenceRun.Kept, runs.Select(static run => run.Folder).Distinct().Count());
        Assert.All(runs, static run => Assert.True(Directory.Exists(run.Folder)));
        Array.ForEach(runs, static run => run.Dispose());
    }

    [Fact]
    public void The_link_leads_to_the_run_that_started_last()
    {
        using (Start())
        {
            using EvidenceRun second = Start();
            second.Write(File());
            Assert.Equal(second.Id, Directory.ResolveLinkTarget(Path.Combine(Parent, "latest"), true)!.Name);
            Assert.True(System.IO.File.Exists(Path.Combine(Parent, "latest", "result.json")));
        }
    }

    [Fact]
    public void The_newest_stay_and_every_one_that_is_still_going()
    {
        using EvidenceRun going = Start();
        List<string> ended = [];
        for (int i = 0; i < EvidenceRun.Kept + 3; i++)
        {
            using EvidenceRun run = Start();
            ended.Add(run.Id);
        }

        Assert.Equal(
            [going.Id, .. ended[^EvidenceRun.Kept..]],
            Directory.GetDirectories(Parent).Select(Path.GetFileName).Where(static name => name != "latest").Order());
    }

    [Fact]
    public void What_is_no_run_is_left_alone()
    {
        string other = Path.Combine(Parent, "0");
        Directory.CreateDirectory(other);
        for (int i = 0; i < EvidenceRun.Kept + 3; i++)
        {
            Start().Dispose();
        }

        Assert.True(Directory.Exists(other));
    }

    [Fact]
    public void Many_that_tidy_up_at_once_do_not_fail_each_other()
    {
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using EvidenceRun run = Start();
            run.Write(File());
        });

        Assert.InRange(Directory.GetDirectories(Parent).Length, EvidenceRun.Kept, EvidenceRun.Kept + 9);
    }

    [Fact]
    public void Evidence_names_its_run()
    {
        using EvidenceRun run = Start();
        JsonElement json = JsonDocument.Parse(run.Write(File()).ToJson()).RootElement.GetProperty("run");

        Assert.Equal(["id", "date", "commandLine", "hostLoad"], json.EnumerateObject().Select(static property => property.Name));
        Assert.Equal(run.Id, json.GetProperty("id").GetString());
        Assert.Equal("lachesis x", json.GetProperty("commandLine").GetString());
        Assert.Equal(Environment.ProcessorCount, json.GetProperty("hostLoad").GetProperty("cores").GetInt32());
        string date = json.GetProperty("date").GetString()!;
        Assert.EndsWith("Z", date, StringComparison.Ordinal);
        Assert.InRange(
            DateTime.UtcNow - DateTime.Parse(date, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal),
            TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    private EvidenceRun Start() => EvidenceRun.Start(_place, "x", "lachesis x");

    private static EvidenceFile File() => new()
    {
        Name = "x",
        Verdict = Verdict.Pass,
        Reason = "",
        Commit = "abc",
        Environment = new RunEnvironment("tcg", "multi", false, 2, 512, "7.2", false, 2),
    };
}
