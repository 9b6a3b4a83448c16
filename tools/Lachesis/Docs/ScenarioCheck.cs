using System.IO;
using Lachesis.Tools.CommandLine;

namespace Lachesis.Tools.Docs;

/// <summary>Whether the simulator runs the scenarios that documents show.</summary>
public static class ScenarioCheck
{
    /// <summary>What is wrong with a scenario; null if it runs.</summary>
    public static Finding? Check(Document document, CodeBlock block)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("lachesis-docs-");
        try
        {
            string file = Path.Combine(folder.FullName, "example.json");
            File.WriteAllLines(file, block.Text);
            using StringWriter output = new();
            using StringWriter error = new();
            return Cli.Run(["sim", file, "--out", folder.FullName], output, error) == 0
                ? null
                : new Finding(document.Path, block.First + 1, $"the simulator refuses this: {error.ToString().Trim()}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
