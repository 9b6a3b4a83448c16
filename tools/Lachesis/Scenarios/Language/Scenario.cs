using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Scenarios.Language;

/// <summary>A scenario, read and checked, in the form in which both runners execute it.</summary>
public sealed partial class Scenario
{
    /// <summary>The file that it came from, as the user named it.</summary>
    public required string Source { get; init; }

    /// <summary>Its name: that of its file, with what could lead out of a folder replaced.</summary>
    public string Name => NotInNames().Replace(Path.GetFileNameWithoutExtension(Source), "-");

    /// <summary>The policy that its tasks ask for.</summary>
    public required SchedulingPolicy Policy { get; init; }

    /// <summary>Nanoseconds after which all is stopped; 0: when every thread has ended.</summary>
    public required ulong DurationNs { get; init; }

    /// <summary>Names of its tasks.</summary>
    public required IReadOnlyList<string> TaskNames { get; init; }

    /// <summary>Its tasks.</summary>
    public required IReadOnlyList<ScenarioTask> Tasks { get; init; }

    /// <summary>Operations of all tasks.</summary>
    public required IReadOnlyList<ScenarioOperation> Operations { get; init; }

    /// <summary>Mutexes, conditions, barriers, semaphores and shared timers, by number.</summary>
    public required IReadOnlyList<ScenarioResourceName> ResourceNames { get; init; }

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="ManifestException">It cannot be read, or something in it is not allowed.</exception>
    public static Scenario Load(string path) => JsonText.Load(path, node => ScenarioParser.Read(path, node), bareKeys: true);

    /// <summary>Checks that the guest can run it.</summary>
    /// <exception cref="ManifestException">It cannot.</exception>
    public void CheckGuest()
    {
        long threads = Tasks.Sum(static task => (long)task.Instances);
        if (threads > ScenarioLimits.GuestThreads)
        {
            throw new ManifestException(
                $"{Source}: {ScenarioKeys.Tasks}: {threads} threads start with the scenario; the guest runs at most "
                + $"{ScenarioLimits.GuestThreads} at a time, the simulator (lachesis sim) {ScenarioLimits.Threads}");
        }

        if (PlacedTask() is string name)
        {
            throw new ManifestException(
                $"{Source}: {ScenarioKeys.Tasks}.{name}: {string.Join(", ", ScenarioKeys.Position)} are for the simulator (lachesis sim): "
                + "the kernel has no call that sets them, as a program could take CPU time from others with it");
        }
    }

    /// <summary>Checks that what tasks say of where they begin makes sense in the simulator.</summary>
    /// <exception cref="ManifestException">It does not.</exception>
    public void CheckPositions(int cpus, SchedulingPolicy policy)
    {
        if (PlacedTask() is string name && (cpus != 1 || policy != SchedulingPolicy.Fair))
        {
            throw new ManifestException(
                $"{Source}: {ScenarioKeys.Tasks}.{name}: {string.Join(", ", ScenarioKeys.Position)} are places in the one queue of the "
                + "fair policy: run it with --cpus 1 --policy fair");
        }
    }

    /// <summary>Checks that every task may run on one of so many CPUs.</summary>
    /// <exception cref="ManifestException">One may not.</exception>
    public void CheckCpus(int cpus)
    {
        ulong online = cpus >= Platform.MaxCpus ? ulong.MaxValue : (1ul << cpus) - 1;
        for (int i = 0; i < Tasks.Count; i++)
        {
            Check($"{ScenarioKeys.Tasks}.{TaskNames[i]}", Tasks[i].CpuMask);
        }

        foreach (ScenarioOperation operation in Operations)
        {
            if (operation.Kind == ScenarioOperationKind.Affinity)
            {
                Check(ScenarioKeys.Phases, operation.Value);
            }
        }

        void Check(string place, ulong mask)
        {
            if ((mask & online) == 0)
            {
                throw new ManifestException(
                    $"{Source}: {place}.{ScenarioKeys.Cpus}: none of these CPUs is among the {cpus} of the run");
            }
        }
    }

    /// <summary>The binary program.</summary>
    /// <param name="policy">The policy of every CPU.</param>
    /// <param name="features">Rules of the fair policy that are on.</param>
    public byte[] Encode(SchedulingPolicy policy, FairFeatures features = FairFeatures.All)
    {
        int taskBytes = Tasks.Count * Marshal.SizeOf<ScenarioTask>();
        int operationBytes = Operations.Count * Marshal.SizeOf<ScenarioOperation>();
        byte[] program = new byte[Marshal.SizeOf<ScenarioHeader>() + taskBytes + operationBytes];
        Span<byte> rest = program;
        rest = Put(rest, new ScenarioHeader
        {
            Magic = ScenarioHeader.ExpectedMagic,
            Version = ScenarioHeader.CurrentVersion,
            TaskCount = (uint)Tasks.Count,
            OperationCount = (uint)Operations.Count,
            ResourceCount = (uint)ResourceNames.Count,
            Policy = policy,
            Features = features,
            DurationNs = DurationNs,
        });
        foreach (ScenarioTask task in Tasks)
        {
            rest = Put(rest, task);
        }

        foreach (ScenarioOperation operation in Operations)
        {
            rest = Put(rest, operation);
        }

        return program;
    }

    private string? PlacedTask()
    {
        int placed = Tasks.ToList().FindIndex(static task => task.GivenVirtualTimes != ScenarioVirtualTimes.None);
        return placed < 0 ? null : TaskNames[placed];
    }

    [GeneratedRegex("[^A-Za-z0-9_-]")]
    private static partial Regex NotInNames();

    private static Span<byte> Put<T>(Span<byte> target, T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(target, value);
        return target[Marshal.SizeOf<T>()..];
    }
}
