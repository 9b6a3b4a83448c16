using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Lachesis.Tools.Host;

namespace Lachesis.Tools.Evidence;

/// <summary>
/// The folder of one run, NAME/RUN-ID, and the only place that writes evidence into it. No two runs share one, whenever they start;
/// NAME/latest links to the one that started last. Starting a run removes the oldest of that name beyond <see cref="Kept"/>, but none
/// that is still going.
/// </summary>
/// <remarks>
/// A run that is going holds a lock on a file in its folder, which the host lets go when the process ends in whatever way. The folder
/// gets its name only once it is locked, so that another run which tidies up never meets it unlocked.
/// </remarks>
public sealed partial class EvidenceRun : IDisposable
{
    /// <summary>How many runs of a name stay, and how many boots that passed stay of a run that boots many times.</summary>
    public const int Kept = 20;

    /// <summary>Name of the link to the run that started last.</summary>
    public const string LatestName = "latest";

    private const string LockName = ".running";
    private readonly FileStream _lock;
    private readonly DateTime _began;
    private readonly string _commandLine;
    private readonly HostSample _before = HostSample.Take();

    private EvidenceRun(string folder, DateTime began, string commandLine, FileStream held)
    {
        Folder = folder;
        _began = began;
        _commandLine = commandLine;
        _lock = held;
    }

    /// <summary>Where everything of the run goes.</summary>
    public string Folder { get; }

    /// <summary>The run's name among those of its kind: when it started, and the process that it was.</summary>
    public string Id => Path.GetFileName(Folder);

    /// <summary>Starts a run: makes its folder, links it as the latest, and removes old ones.</summary>
    /// <param name="place">The folder of all evidence.</param>
    /// <param name="name">Name of the evidence.</param>
    /// <param name="commandLine">What was asked for.</param>
    public static EvidenceRun Start(string place, string name, string commandLine)
    {
        DateTime began = DateTime.UtcNow;
        string parent = Path.Combine(place, name);
        (string folder, FileStream held) = CreateIn(place, parent, began);
        Link(parent, Path.GetFileName(folder));
        Prune(parent);
        return new EvidenceRun(folder, began, commandLine, held);
    }

    /// <summary>Writes evidence, stamped with this run's own details.</summary>
    /// <param name="file">The evidence.</param>
    /// <param name="boot">The subfolder of the boot that it is of; empty: it is of the whole run.</param>
    /// <returns>The evidence as written.</returns>
    public EvidenceFile Write(EvidenceFile file, string boot = "")
    {
        EvidenceFile stamped = file with { Run = Details() };
        string folder = Path.Combine(Folder, boot);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, EvidenceFile.FileName), stamped.ToJson());
        return stamped;
    }

    /// <summary>Ends the run: from now on it may be removed.</summary>
    public void Dispose()
    {
        File.Delete(Path.Combine(Folder, LockName));
        _lock.Dispose();
    }

    private RunDetails Details() => new(Id, _began, _commandLine, HostSample.Take().Since(_before));

    private static (string Folder, FileStream Lock) CreateIn(string place, string parent, DateTime began)
    {
        try
        {
            return Create(parent, began);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"no evidence can be written to {place} (--out): {problem.Message}");
        }
    }

    private static (string Folder, FileStream Lock) Create(string parent, DateTime began)
    {
        string id = $"{began.ToString("yyyyMMdd'-'HHmmss'-'fff", CultureInfo.InvariantCulture)}-{Environment.ProcessId}";
        string unnamed = Path.Combine(parent, $".{Guid.NewGuid():N}");
        Directory.CreateDirectory(unnamed);
        FileStream held = new(Path.Combine(unnamed, LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        for (int attempt = 0; ; attempt++)
        {
            string folder = Path.Combine(parent, attempt == 0 ? id : $"{id}-{attempt}");
            try
            {
                Directory.Move(unnamed, folder);
                return (folder, held);
            }
            catch (IOException) when (Directory.Exists(folder))
            {
                // Another run of this process, in the same millisecond.
            }
        }
    }

    // A link is replaced in one step, so that it always leads somewhere.
    private static void Link(string parent, string id)
    {
        string fresh = Path.Combine(parent, $".{LatestName}-{id}");
        File.CreateSymbolicLink(fresh, id);
        if (Rename(fresh, Path.Combine(parent, LatestName)) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            File.Delete(fresh);
            throw new IOException($"{Path.Combine(parent, LatestName)}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    private static void Prune(string parent)
    {
        IEnumerable<string> old = Directory.GetDirectories(parent)
            .Where(static folder => IdPattern().IsMatch(Path.GetFileName(folder)))
            .OrderDescending(StringComparer.Ordinal)
            .Skip(Kept);
        foreach (string folder in old.Where(static folder => !IsRunning(folder)))
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // Another run, which started at the same time, removes it too.
            }
        }
    }

    private static bool IsRunning(string folder)
    {
        try
        {
            new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.Write, FileShare.None).Dispose();
            return false;
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    // File.Move wants a file behind a link.
    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);

    [GeneratedRegex(@"^\d{8}-\d{6}-\d{3}-\d+(-\d+)?$")]
    private static partial Regex IdPattern();
}
