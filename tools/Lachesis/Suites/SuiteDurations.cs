using System.Collections.Generic;
using System.IO;
using System.Text.Json;

namespace Lachesis.Tools.Suites;

/// <summary>How long each suite took the last time that it ran here, in seconds.</summary>
public sealed class SuiteDurations
{
    private readonly string _path;
    private readonly Dictionary<string, double> _seconds;

    private SuiteDurations(string path, Dictionary<string, double> seconds)
    {
        _path = path;
        _seconds = seconds;
    }

    /// <summary>Reads them; a file that is not there, or holds something else, knows none.</summary>
    public static SuiteDurations Load(string path)
    {
        try
        {
            return new(path, JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(path)) ?? []);
        }
        catch (System.Exception problem) when (problem is IOException or JsonException)
        {
            return new(path, []);
        }
    }

    /// <summary>Of one suite, or null if it has not run yet.</summary>
    public double? Of(Suite suite) => _seconds.TryGetValue(suite.Name, out double seconds) ? seconds : null;

    /// <summary>Notes one and writes the file.</summary>
    public void Note(Suite suite, double seconds)
    {
        _seconds[suite.Name] = System.Math.Round(seconds, 1);
        File.WriteAllText(_path, JsonSerializer.Serialize(_seconds));
    }
}
