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
    public void The_kernels_constants_are_the_printed_sets() =>
        Assert.Equal(Print("--sets"), File.ReadAllText(Path.Combine(Repository.Root, "kernel", "abi", "calls", "CallSets.cs")));

    [Theory]
    [InlineData(63u, "Low", "0x8000000000000000")]
    [InlineData(64u, "High", "0x0000000000000001")]
    [InlineData(CallSet.Capacity - 1, "High", "0x8000000000000000")]
    public void A_call_that_is_added_is_in_the_sets_that_its_row_names(uint number, string word, string bits)
    {
        const CallTraits traits = CallTraits.InRing | CallTraits.EndsBatch;
        string printed = CallSetSource.Print([((SystemCall)number, traits)]);
        Assert.Contains($"InRing{word} = {bits};", printed);
        Assert.Contains($"EndsBatch{word} = {bits};", printed);
        Assert.Contains($"ReturnsMessage{word} = 0x0000000000000000;", printed);
    }

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
