using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Docs;

/// <summary>`Lachesis.slnx` is the one list of projects: editors and `dotnet build` open it, and `make` restores it.</summary>
public sealed class SolutionTests
{
    private static readonly string[] s_folders = ["bench", "boot", "kernel", "tests", "tools"];

    [Fact]
    public void The_solution_lists_every_project_once()
    {
        IEnumerable<string> listed = XDocument.Load(Path.Combine(Repository.Root, "Lachesis.slnx"))
            .Descendants("Project")
            .Select(static project => project.Attribute("Path")!.Value);
        IEnumerable<string> projects = s_folders
            .SelectMany(static folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories))
            .Select(static path => Path.GetRelativePath(Repository.Root, path));

        Assert.Equal(projects.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }
}
