using System.IO;

namespace Lachesis.Tools.Tests.Host;

/// <summary>Whether processes of the host live.</summary>
internal static class HostProcess
{
    /// <summary>Whether a process lives. One that was killed but not yet reaped by its new parent is dead too.</summary>
    public static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ");
        }
        catch (IOException)
        {
            return false;
        }
    }
}
