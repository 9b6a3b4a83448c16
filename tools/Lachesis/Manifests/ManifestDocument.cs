using System.Collections.Generic;
using System.Linq;
using System.Text;
using Lachesis.Abi;

namespace Lachesis.Tools.Manifests;

/// <summary>
/// A manifest as people write it: which processes start, with which authority, how large the pools are, and how the host
/// runs it. Commands may change it after loading; <see cref="Check"/> then says whether it still holds together.
/// </summary>
public sealed class ManifestDocument
{
    /// <summary>The file that it came from, as the user named it; leads every error.</summary>
    public required string Source { get; init; }

    /// <summary>Its name, and that of its evidence: lower-case words joined by hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>The processes that start at boot.</summary>
    public required IList<ProcessSettings> Processes { get; init; }

    /// <summary>Further programs in the ramdisk, for processes to spawn.</summary>
    public IReadOnlyList<string> Programs { get; init; } = [];

    /// <summary>Capacities.</summary>
    public PoolCapacities Pools { get; init; }

    /// <summary>Length of a time slice in nanoseconds; 0: the kernel's default.</summary>
    public uint SliceNs { get; set; }

    /// <summary>The policy of every CPU.</summary>
    public SchedulingPolicy Policy { get; set; } = SchedulingPolicy.Fair;

    /// <summary>Rules of the fair policy that are on.</summary>
    public FairFeatures Features { get; set; } = FairFeatures.All;

    /// <summary>How to run it.</summary>
    public HostSettings Host { get; init; } = new();

    /// <summary>Every program that the ramdisk needs, once each, in the order in which they are named.</summary>
    public IReadOnlyList<string> AllPrograms =>
        Processes.Select(process => process.Program).Concat(Programs).Distinct().ToArray();

    /// <summary>Reads and checks a manifest file.</summary>
    /// <exception cref="ManifestException">It cannot be read, or something in it is not allowed.</exception>
    public static ManifestDocument Load(string path)
    {
        ManifestDocument document = ManifestParser.Load(path);
        document.Check();
        document.CheckArguments();
        return document;
    }

    /// <summary>Checks what one field alone does not show. Loading does; so does building a ramdisk, after
    /// changes.</summary>
    /// <exception cref="ManifestException">Something is not allowed.</exception>
    public void Check()
    {
        for (int i = 0; i < Processes.Count; i++)
        {
            int bytes = Encoding.UTF8.GetByteCount(Processes[i].Argument);
            if (bytes > ProgramStart.MaxArgument)
            {
                throw Error($"processes[{i}].argument", $"{bytes} bytes; at most {ProgramStart.MaxArgument} are allowed");
            }

            if (Processes[i].CpuMask == 0)
            {
                throw Error($"processes[{i}].cpus", "no CPU is left to run on");
            }
        }

        CheckCapacity("pools.threads", Pools.Threads);
        CheckCapacity("pools.processes", Pools.Processes);
        const int mostPrograms = RamdiskHeader.MaxEntries - 1;
        if (AllPrograms.Count > mostPrograms)
        {
            throw Error("programs", $"{AllPrograms.Count} programs in all; a ramdisk holds at most {mostPrograms}");
        }

        int files = AllPrograms.Count + Processes.Count(static process => process.Data.Length > 0);
        if (files > mostPrograms)
        {
            throw Error("processes", $"{files} programs and files of data; a ramdisk holds at most {mostPrograms}");
        }
    }

    /// <summary>Checks the argument strings that the manifest itself has against what its programs understand. Those that a
    /// command puts in their place are the command's affair.</summary>
    /// <exception cref="ManifestException">A program does not understand its argument string.</exception>
    public void CheckArguments()
    {
        for (int i = 0; i < Processes.Count; i++)
        {
            if (ProgramArguments.ErrorFor(Processes[i], Processes[i].Argument) is { } complaint)
            {
                throw Error($"processes[{i}].argument", complaint);
            }
        }
    }

    internal ManifestException Error(string place, string message) => new($"{Source}: {place}: {message}");

    private void CheckCapacity(string place, uint capacity)
    {
        if (capacity != 0 && capacity < Processes.Count)
        {
            throw Error(place, $"{capacity} is too few for the {Processes.Count} processes that start at boot");
        }
    }
}
