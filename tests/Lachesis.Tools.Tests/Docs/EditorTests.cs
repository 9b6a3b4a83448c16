using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Docs;

/// <summary>The files for an editor: what they name exists. tests/debug/editor.sh does what they say.</summary>
public sealed class EditorTests
{
    [Fact]
    public void The_configurations_start_tasks_that_there_are_and_debug_a_kernel_that_make_builds()
    {
        string makefile = File.ReadAllText(PathOf("Makefile"));
        string[] labels = [.. Tasks().Select(task => Text(task, "label"))];
        foreach (JsonElement configuration in Read("launch.json").GetProperty("configurations").EnumerateArray())
        {
            Assert.Contains(Text(configuration, "preLaunchTask"), labels);
            Assert.Equal("${workspaceFolder}/artifacts/image/kernel-debug.elf", Text(configuration, "program"));
            Assert.Equal("${workspaceFolder}/artifacts/debug.sock", Text(configuration, "miDebuggerServerAddress"));
            Assert.Contains("--listen $(OUT)/debug.sock", makefile);
            foreach (JsonElement command in configuration.GetProperty("setupCommands").EnumerateArray())
            {
                string script = Text(command, "text").Replace("source ${workspaceFolder}/", "", StringComparison.Ordinal);
                Assert.True(File.Exists(PathOf(script)), script);
            }
        }
    }

    [Fact]
    public void The_tasks_make_targets_and_manifests_that_there_are()
    {
        string makefile = File.ReadAllText(PathOf("Makefile"));
        string smokes = Path.GetFileName(Path.GetDirectoryName(PathOf("tests/guest/smoke/manifest.json"))!);
        Assert.Equal(["boot stopped", "test-core", "run-smoke"], Tasks().Select(task => Text(task, "label")));
        foreach (JsonElement task in Tasks())
        {
            Assert.Equal("make", Text(task, "command"));
            foreach (string argument in task.GetProperty("args").EnumerateArray().Select(each => each.GetString()!))
            {
                string file = argument[(argument.IndexOf('=', StringComparison.Ordinal) + 1)..];
                bool known = argument.Contains('=', StringComparison.Ordinal)
                    ? !file.Contains('/', StringComparison.Ordinal) || File.Exists(PathOf(file))
                    : makefile.Contains($"\n{argument}:", StringComparison.Ordinal) || argument == $"run-{smokes}";
                Assert.True(known, argument);
            }
        }
    }

    private static JsonElement[] Tasks() => [.. Read("tasks.json").GetProperty("tasks").EnumerateArray()];

    private static JsonElement Read(string file) =>
        JsonDocument.Parse(File.ReadAllText(PathOf($".vscode/{file}"))).RootElement;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string PathOf(string relative) => Path.Combine(Repository.Root, relative);
}
