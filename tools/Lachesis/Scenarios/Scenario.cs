using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Scenarios;

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

    /// <summary>How many mutexes, conditions, barriers and shared timers there are.</summary>
    public required uint ResourceCount { get; init; }

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="ManifestException">It cannot be read, or something in it is not allowed.</exception>
    public static Scenario Load(string path) => JsonText.Load(path, node => ScenarioParser.Read(path, node));

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
            ResourceCount = ResourceCount,
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

    [GeneratedRegex("[^A-Za-z0-9_-]")]
    private static partial Regex NotInNames();

    private static Span<byte> Put<T>(Span<byte> target, T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(target, value);
        return target[Marshal.SizeOf<T>()..];
    }
}
