using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.Versioning;
using System.Text.Json;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Tests.Qemu;
using Lachesis.Tools.Tests.Reports;

namespace Lachesis.Tools.Tests.Commands;

/// <summary>
/// A checkout with manifests but a fake QEMU, and the real command run in it as a process of its own. Each guest is a shell
/// line, chosen by the folder of its evidence.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class FakeRepository : IDisposable
{
    /// <summary>Shell line of a guest that reports what it was given and ends with that status.</summary>
    public const string Replay = "cat \"$here/guest-$guest\" > \"$report\"; exit ";

    private readonly FakeQemu _qemu = new("""
        folder=$(dirname "$report")
        guest=$(echo "${folder#*artifacts/}" | sed -E 's:/[0-9-]+::' | tr / -)
        . "$here/script-$guest"
        """);

    public FakeRepository()
    {
        File.WriteAllText(PathOf("global.json"), "{}");
        Directory.CreateDirectory(PathOf("kernel"));
        Directory.CreateDirectory(PathOf("artifacts/image/programs"));
        File.WriteAllText(PathOf("artifacts/image/kernel.elf"), "\u007fELF, of which a fake reads no more");
        File.WriteAllText(PathOf("artifacts/image/programs/p.elf"), "not read by a fake");
    }

    /// <summary>A path in the checkout.</summary>
    public string PathOf(string relative) => Path.Combine(_qemu.Folder, relative);

    /// <summary>A file of the newest run of that name.</summary>
    public string LatestOf(string name, string file) => PathOf($"artifacts/{name}/{EvidenceRun.LatestName}/{file}");

    /// <summary>The evidence of the newest run of that name, or of one boot of it.</summary>
    public JsonElement Evidence(string name, string boot = ".") =>
        JsonDocument.Parse(File.ReadAllText(LatestOf(name, Path.Combine(boot, EvidenceFile.FileName)))).RootElement;

    /// <summary>Adds a manifest; <paramref name="fields"/> are further fields, each with a comma after it.</summary>
    public void AddManifest(string folder, string fields = "")
    {
        Directory.CreateDirectory(PathOf(folder));
        string name = Path.GetFileName(folder);
        string json = "{" + $"\"name\": \"{name}\", {fields} \"processes\": [" + "{ \"program\": \"p\", \"parameters\": { \"x\": { \"most\": 9 } } }] }";
        File.WriteAllText(PathOf(folder + "/manifest.json"), json);
    }

    /// <summary>Says what the guest does whose evidence goes to that folder of artifacts (without the run's id, "/" written as
    /// "-").</summary>
    public void AddGuest(string guest, string script, ReportWriter? report = null)
    {
        File.WriteAllText(PathOf($"script-{guest}"), script);
        File.WriteAllBytes(PathOf($"guest-{guest}"), report?.Bytes ?? []);
    }

    /// <summary>Adds a program: a shell script.</summary>
    public void AddProgram(string name, string script)
    {
        File.WriteAllText(PathOf(name), "#!/bin/bash\n" + script + "\n");
        File.SetUnixFileMode(PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Runs the command to its end.</summary>
    public (int Status, string Output, string Error) Run(string line)
    {
        using Process process = Start(line);
        string output = process.StandardOutput.ReadToEnd();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error);
    }

    /// <summary>Starts the command.</summary>
    public Process Start(string line)
    {
        // Jobs that a shell starts in the background ignore SIGINT, those under nohup SIGHUP, and so would what they start.
        string command = Path.Combine(AppContext.BaseDirectory, "lachesis.dll");
        ProcessStartInfo start = new("env", ["--default-signal=INT,HUP", "dotnet", command, .. line.Split(' ')])
        {
            WorkingDirectory = _qemu.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LACHESIS_QEMU"] = _qemu.Program;
        return Process.Start(start)!;
    }

    public void Dispose() => _qemu.Dispose();
}
