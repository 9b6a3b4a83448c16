using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Evidence;

/// <summary>
/// The evidence of one run: result.json. Keys come in a fixed order, and nothing in it is a date or a duration of the host but what
/// stands under "run": the rest of two runs under -icount is the same, which `lachesis compare-evidence` shows.
/// </summary>
public sealed record EvidenceFile
{
    /// <summary>File name of the evidence.</summary>
    public const string FileName = "result.json";

    /// <summary>The key of the number that says what shape it has.</summary>
    public const string SchemaKey = "schema";

    /// <summary>The key of what is of one run alone.</summary>
    public const string RunKey = "run";

    /// <summary>Name of the run, also of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>What it comes to.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Why, in one line.</summary>
    public required string Reason { get; init; }

    /// <summary>The commit of the sources, as git describes it.</summary>
    public required string Commit { get; init; }

    /// <summary>Which run it is of; null before <see cref="EvidenceRun.Write"/>.</summary>
    public RunDetails? Run { get; init; }

    /// <summary>What it ran with.</summary>
    public RunSettings Settings { get; init; } = RunSettings.None;

    /// <summary>Where it ran.</summary>
    public required RunEnvironment Environment { get; init; }

    /// <summary>Measured cases.</summary>
    public IReadOnlyList<EvidenceRow> Rows { get; init; } = [];

    /// <summary>Figures of the whole run.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Metrics { get; init; } = [];

    /// <summary>Counters by CPU and index.</summary>
    public IReadOnlyDictionary<int, ulong?[]> Counters { get; init; } = new Dictionary<int, ulong?[]>();

    /// <summary>Names of files beside it, by what they are.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Artifacts { get; init; } = [];

    /// <summary>The JSON text, ending in a newline.</summary>
    public string ToJson()
    {
        ArrayBufferWriter<byte> buffer = new();
        JsonWriterOptions options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (Utf8JsonWriter json = new(buffer, options))
        {
            Write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber(SchemaKey, 1);
        json.WriteString("name", Name);
        json.WriteString("verdict", Verdict.ToString().ToLowerInvariant());
        json.WriteString("reason", Reason);
        json.WriteString("commit", Commit);
        WriteRun(json);
        WriteSettings(json);
        WriteEnvironment(json);
        WriteRows(json);
        json.WriteStartObject("metrics");
        foreach (KeyValuePair<string, double> metric in Metrics)
        {
            json.WriteNumber(metric.Key, metric.Value);
        }

        json.WriteEndObject();
        WriteCounters(json);
        json.WriteStartObject("artifacts");
        foreach (KeyValuePair<string, string> artifact in Artifacts)
        {
            json.WriteString(artifact.Key, artifact.Value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteRun(Utf8JsonWriter json)
    {
        if (Run is null)
        {
            return;
        }

        json.WriteStartObject(RunKey);
        json.WriteString("id", Run.Id);
        json.WriteString("date", Run.Began.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("commandLine", Run.CommandLine);
        json.WriteStartObject("hostLoad");
        json.WriteNumber("before", Run.Load.Before);
        json.WriteNumber("after", Run.Load.After);
        json.WriteNumber("others", Run.Load.Others);
        json.WriteNumber("cores", Run.Load.Cores);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteSettings(Utf8JsonWriter json)
    {
        json.WriteStartObject("settings");
        json.WriteString("policy", Settings.Policy);
        json.WriteString("features", Settings.Features);
        WriteNumber("sliceNs", Settings.SliceNs);
        WriteNumber("seed", Settings.Seed);
        json.WriteEndObject();

        void WriteNumber(string name, ulong? value)
        {
            if (value is ulong known)
            {
                json.WriteNumber(name, known);
            }
            else
            {
                json.WriteNull(name);
            }
        }
    }

    private void WriteEnvironment(Utf8JsonWriter json)
    {
        json.WriteStartObject("environment");
        json.WriteString("accel", Environment.Accelerator);
        json.WriteString("tcgThreads", Environment.TcgThreads);
        json.WriteBoolean("icount", Environment.InstructionCount);
        json.WriteNumber("cpus", Environment.Cpus);
        json.WriteNumber("memoryMiB", Environment.MemoryMiB);
        json.WriteString("qemu", Environment.Qemu);
        json.WriteBoolean("measure", Environment.Measured);
        json.WriteNumber("hostCpus", Environment.HostCpus);
        json.WriteEndObject();
    }

    private void WriteRows(Utf8JsonWriter json)
    {
        json.WriteStartArray("rows");
        foreach (EvidenceRow row in Rows)
        {
            json.WriteStartObject();
            json.WriteStartObject("case");
            foreach (KeyValuePair<string, long> parameter in row.Case)
            {
                json.WriteNumber(parameter.Key, parameter.Value);
            }

            json.WriteEndObject();
            json.WriteNumber("runs", row.Runs);
            json.WriteStartObject("metrics");
            foreach (KeyValuePair<string, IReadOnlyList<long>> metric in row.Metrics)
            {
                json.WriteStartArray(metric.Key);
                foreach (long value in metric.Value)
                {
                    json.WriteNumberValue(value);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteBoolean("verified", row.Verified);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteCounters(Utf8JsonWriter json)
    {
        // A CPU that sent nothing still takes its place, so that the index in the array is the CPU.
        int cpus = Counters.Count == 0 ? 0 : Counters.Keys.Max() + 1;
        json.WriteStartObject("counters");
        json.WriteStartArray("cpus");
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            json.WriteStartObject();
            for (int i = 0; i < CounterNames.All.Length; i++)
            {
                if (Counters.TryGetValue(cpu, out ulong?[]? values) && values[i] is ulong value)
                {
                    json.WriteNumber(CounterNames.All[i], value);
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("total");
        for (int i = 0; i < CounterNames.All.Length; i++)
        {
            ulong[] reported = [.. Counters.Values.Select(values => values[i]).OfType<ulong>()];
            if (reported.Length > 0)
            {
                json.WriteNumber(CounterNames.All[i], reported.Aggregate(0ul, static (sum, value) => unchecked(sum + value)));
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
