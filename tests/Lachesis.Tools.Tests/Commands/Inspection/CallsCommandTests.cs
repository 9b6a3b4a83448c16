using System.IO;
using System.Linq;
using System.Text.Json;
using Lachesis.Abi;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Commands.Inspection;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Inspection;

public sealed class CallsCommandTests
{
    [Fact]
    public void The_document_is_the_printed_table() =>
        Assert.Equal(Print("--markdown"), File.ReadAllText(Path.Combine(Repository.Root, "docs", "system-calls.md")));

    [Fact]
    public void Json_has_every_form_of_every_call()
    {
        using JsonDocument document = JsonDocument.Parse(Print("--json"));
        int forms = CallTable.Calls.Sum(call => CallTable.FormsOf(call).Count());
        Assert.Equal(forms, document.RootElement.GetArrayLength());
        JsonElement wait = document.RootElement.EnumerateArray().Single(
            form => form.GetProperty("number").GetUInt32() == (uint)SystemCall.Poll);
        Assert.Equal("Notification (Read)", wait.GetProperty("arguments")[0].GetString());
        Assert.Contains("WouldBlock", wait.GetProperty("errors").EnumerateArray().Select(error => error.GetString()));
    }

    [Fact]
    public void The_plain_table_names_every_call()
    {
        string printed = Print();
        Assert.All(CallTable.Calls, call => Assert.Contains($" {call} ", printed));
    }

    private static string Print(params string[] options)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Assert.Equal(0, Cli.Run(["calls", .. options], output, error));
        return output.ToString();
    }
}
