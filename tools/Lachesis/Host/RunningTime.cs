using System;
using System.Globalization;
using System.IO;

namespace Lachesis.Tools.Host;

/// <summary>
/// How long a process has run, without the time for which the host kept its threads waiting for a CPU: what a time limit
/// counts, so that it says something of the process and nothing of how busy the host is. A process that sleeps runs. Reads
/// Linux's own accounting; on a host without it all time counts.
/// </summary>
internal sealed class RunningTime(int process)
{
    private (double Ran, double Waited) _before;

    /// <summary>So far.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>So much more time has passed on the host's clock; called often, since threads that end take their account
    /// along.</summary>
    public void Advance(TimeSpan passed)
    {
        (double ran, double waited) now = Read($"/proc/{process}/task");
        Elapsed += passed * Share(now.ran - _before.Ran, now.waited - _before.Waited);
        _before = now;
    }

    /// <summary>The part of time that counts, if threads ran and waited for so long in it.</summary>
    internal static double Share(double ran, double waited) =>
        ran < 0 || waited <= 0 ? 1 : ran / (ran + waited);

    // First two fields of a thread's schedstat: nanoseconds that it ran, and that it was runnable and did not.
    private static (double Ran, double Waited) Read(string folder)
    {
        double ran = 0;
        double waited = 0;
        try
        {
            foreach (string thread in Directory.EnumerateDirectories(folder))
            {
                string[] fields = File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ');
                ran += double.Parse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture);
                waited += double.Parse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or FormatException)
        {
            // A thread has just ended, or this host keeps no such account.
        }

        return (ran, waited);
    }
}
