using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;

namespace Lachesis.Tools.Evidence;

/// <summary>The checkout that the command works in.</summary>
public static class Repository
{
    private static readonly Lazy<string> s_commit = new(DescribeCommit);

    /// <summary>The nearest folder, from the current one upwards, that holds the sources; else the current one.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A path relative to the root, as one that works from the current folder.</summary>
    public static string PathOf(string relative)
    {
        string path = Path.Combine(Root, relative);
        string shown = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return shown.Length < path.Length ? shown : path;
    }

    /// <summary>What git calls the commit (with "-dirty" if anything is changed), or "unknown".</summary>
    public static string Commit => s_commit.Value;

    private static string DescribeCommit()
    {
        ProcessStartInfo start = new("git", ["-C", Root, "describe", "--always", "--dirty"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process git = Process.Start(start)!;
            string commit = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 && commit.Length > 0 ? commit : "unknown";
        }
        catch (Win32Exception)
        {
            return "unknown";
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "global.json"))
                && Directory.Exists(Path.Combine(folder.FullName, "kernel")))
            {
                return folder.FullName;
            }
        }

        return Directory.GetCurrentDirectory();
    }
}
