using System;
using System.IO;
using System.Linq;
using System.Text;

namespace Lachesis.Tools.Host;

/// <summary>What host times belong to: those of another machine are not to be compared with.</summary>
/// <param name="Processor">The processor's own name of its model.</param>
/// <param name="Cpus">How many CPUs this process may use.</param>
public sealed record HostMachine(string Processor, int Cpus)
{
    private const string CpuInfo = "/proc/cpuinfo";

    /// <summary>As a file is called: letters, digits and hyphens.</summary>
    public string FileName
    {
        get
        {
            StringBuilder name = new();
            foreach (char letter in $"{Processor} {Cpus} cpus".ToLowerInvariant())
            {
                if (char.IsAsciiLetterOrDigit(letter))
                {
                    name.Append(letter);
                }
                else if (name.Length > 0 && name[^1] != '-')
                {
                    name.Append('-');
                }
            }

            return name.ToString();
        }
    }

    /// <summary>This one.</summary>
    public static HostMachine Find() =>
        Of(File.Exists(CpuInfo) ? File.ReadAllText(CpuInfo) : "", Environment.ProcessorCount);

    /// <summary>The one whose /proc/cpuinfo this is. Clouds give many models one name, so their numbers are told too.</summary>
    public static HostMachine Of(string cpuInfo, int cpus)
    {
        string[] lines = cpuInfo.Split('\n');
        string name = Field("model name") ?? "unknown processor";
        return new HostMachine(
            Field("cpu family") is string family && Field("model") is string model
                ? $"{name}, family {family} model {model}"
                : name,
            cpus);

        string? Field(string key) => lines
            .Select(static line => line.Split(':', 2))
            .FirstOrDefault(parts => parts.Length == 2 && parts[0].Trim() == key)?[1].Trim();
    }
}
