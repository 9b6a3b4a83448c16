using System.CommandLine;
using System.IO;
using System.Text.Json;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Commands.Inspection;

/// <summary>`lachesis report`: shows the records of a report channel.</summary>
public static class ReportCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "bytes of a report channel, such as report.bin of a run" };
        Option<bool> json = new("--json") { Description = "print JSON" };
        Command command = new("report", "Prints the records that a guest sent, and what is wrong with them.") { file, json };
        command.SetAction(parsed =>
        {
            byte[] bytes = InputFile.ReadGiven(parsed.GetValue(file)!, InputFile.MaxBinary);
            ReportStream stream = ReportStream.Read(bytes);
            string? problem = GuestReport.From(stream).Problem;
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                output.WriteLine(ToJson(stream, problem));
            }
            else
            {
                foreach (ReportRecord record in stream.Records)
                {
                    output.WriteLine(record.ToString());
                }

                output.WriteLine(problem is null ? $"{stream.Records.Count} records" : $"truncated report: {problem}");
            }

            return problem is null ? 0 : ToolException.Failure;
        });
        return command;
    }

    private static string ToJson(ReportStream stream, string? problem)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("records");
            foreach (ReportRecord record in stream.Records)
            {
                json.WriteStartObject();
                json.WriteNumber("sequence", record.Sequence);
                json.WriteString("kind", record.Kind.ToString());
                json.WriteString("text", record.Describe());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("problem", problem);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
