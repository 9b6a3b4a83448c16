using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using Lachesis.Tools.Docs;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands.Checks;

/// <summary>`lachesis docs`: holds documents to what commands print.</summary>
public static class DocsCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "Markdown documents (default: *.md and all of docs/)",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<bool> accept = new("--accept") { Description = "put what the commands print now into the documents" };
        Option<string> only = new("--only") { Description = "only examples whose command contains this", HelpName = "TEXT" };
        Option<bool> walk = new("--walk") { Description = "run commands and apply patches too, in order, as a reader does" };
        Command command = new("docs", "Compares the examples in documents with what their commands print (docs/documents.md).")
        {
            files, accept, only, walk,
        };
        command.SetAction(parsed =>
        {
            string[] paths = parsed.GetValue(files) is { Length: > 0 } given ? given : AllDocuments();
            foreach (string path in paths)
            {
                InputFile.ReadGiven(path, InputFile.MaxText);
            }

            DocumentCheck check = new(Repository.Root, parsed.RootCommandResult.Command, parsed.InvocationConfiguration.Output)
            {
                Accept = parsed.GetValue(accept),
                Walk = parsed.GetValue(walk),
                Only = parsed.GetValue(only) ?? "",
            };
            return check.Run(paths) ? 0 : ToolException.Failure;
        });
        return command;
    }

    private static string[] AllDocuments()
    {
        IEnumerable<string> top = Directory.EnumerateFiles(Repository.Root, "*.md").Order();
        IEnumerable<string> docs = Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Order();
        return [.. top.Concat(docs).Select(path => Repository.PathOf(path))];
    }
}
