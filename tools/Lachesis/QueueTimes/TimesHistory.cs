using System.Collections.Generic;
using System.IO;
using System.Linq;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Host;

namespace Lachesis.Tools.QueueTimes;

/// <summary>What was measured on one machine before.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Runs">The runs, the oldest first.</param>
public sealed record TimesHistory(HostMachine Machine, IReadOnlyList<TimesRun> Runs)
{
    private const int Kept = 10;

    /// <summary>Reads a history; an empty one if there is none, or none that can be read: a report is made anew, it is not
    /// kept safe.</summary>
    public static TimesHistory Load(string folder, HostMachine machine)
    {
        string path = PathIn(folder, machine);
        try
        {
            return File.Exists(path) ? JsonTable.Read<TimesHistory>(path) : new TimesHistory(machine, []);
        }
        catch (ToolException)
        {
            return new TimesHistory(machine, []);
        }
    }

    /// <summary>With one more run, and without the oldest if there are many.</summary>
    public TimesHistory With(TimesRun run) => this with { Runs = [.. Runs.Append(run).TakeLast(Kept)] };

    /// <summary>Writes it.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        JsonTable.Write(PathIn(folder, Machine), this);
    }

    /// <summary>The newest figures of a case that say something, or null.</summary>
    public CaseTimes? Find(string name) => Runs.Reverse().SelectMany(static run => run.Cases)
        .FirstOrDefault(one => one.Name == name && one.IsComplete && !one.IsNoise);

    private static string PathIn(string folder, HostMachine machine) => Path.Combine(folder, machine.FileName + ".json");
}

/// <summary>One run.</summary>
/// <param name="Commit">What was measured.</param>
/// <param name="Cases">The figures.</param>
public sealed record TimesRun(string Commit, IReadOnlyList<CaseTimes> Cases);
