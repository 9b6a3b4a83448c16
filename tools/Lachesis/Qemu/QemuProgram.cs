using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Text.RegularExpressions;

namespace Lachesis.Tools.Qemu;

/// <summary>The QEMU program: which one it is, and where its data lies.</summary>
public static partial class QemuProgram
{
    /// <summary>The program when none is named.</summary>
    public const string Default = "qemu-system-x86_64";

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // Firmware and option ROMs, of QEMU itself and of the package that Debian keeps them in, below the folder that holds bin.
    private static readonly string[] s_data = ["share/qemu", "share/seabios"];

    /// <summary>Checks a program that somebody named; <see cref="Default"/> if nobody did.</summary>
    /// <exception cref="ToolException">There is no such program, or it is no QEMU: bad usage.</exception>
    public static string Choose(string? named)
    {
        if (string.IsNullOrEmpty(named))
        {
            return Default;
        }

        string path = QemuMachine.FindProgram(named) ?? throw Unusable(named, Directory.Exists(named) ? "is a folder" : "does not exist");
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Executable) == 0)
        {
            throw Unusable(named, "is not executable");
        }

        return ReadVersion(path) is null ? throw Unusable(named, "does not say that it is a QEMU") : path;
    }

    /// <summary>
    /// Folders of a program's own data, to be searched before those that it was built to search: a package that was unpacked
    /// and not installed finds its firmware so. None for a program outside of a folder bin, such as one in QEMU's build tree,
    /// which finds its data by itself, and none for an installed one.
    /// </summary>
    public static IEnumerable<string> DataFolders(string program)
    {
        if (QemuMachine.FindProgram(program) is not { } path)
        {
            yield break;
        }

        FileInfo file = new(Path.GetFullPath(path));
        string real = file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName;
        string? bin = Path.GetDirectoryName(real);
        if (Path.GetFileName(bin) != "bin" || Path.GetDirectoryName(bin) is not { } prefix || prefix is "/" or "/usr")
        {
            yield break;
        }

        foreach (string data in s_data)
        {
            string folder = Path.Combine(prefix, data);
            if (Directory.Exists(folder))
            {
                yield return folder;
            }
        }
    }

    /// <summary>The version that a program says it is, such as "7.2.22"; null if it says nothing of the kind.</summary>
    internal static string? ReadVersion(string program)
    {
        ProcessStartInfo start = new(program, ["--version"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            string line = process.StandardOutput.ReadLine() ?? "";
            process.Kill();
            process.WaitForExit();
            Match match = VersionPattern().Match(line);
            return match.Success ? match.Groups[1].Value : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static ToolException Unusable(string named, string why) =>
        new($"QEMU: '{named}' {why} (--qemu)", ToolException.BadUsage);

    [GeneratedRegex(@"^QEMU emulator version (\d[\d.]*)")]
    private static partial Regex VersionPattern();
}
