using System;
using Lachesis.Abi;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Machine;

/// <summary>What tests of races have in common.</summary>
internal static unsafe class Races
{
    /// <summary>The handle that the first process gets first.</summary>
    public const ulong Handle = BootHandle.Count;

    /// <summary>
    /// Tries <paramref name="inner"/> at every point of <paramref name="outer"/>, on a new system each time.
    /// </summary>
    public static void AtEachPoint(
        Action<SimulatedSystem> prepare,
        Action<SimulatedSystem> outer,
        Action<SimulatedSystem> inner,
        Action<SimulatedSystem> check,
        uint cpus = 2)
    {
        int points = Interleaving.AtEachPoint(
            () =>
            {
                SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = cpus });
                prepare(system);
                return system;
            },
            outer,
            inner,
            check);
        Assert.True(points >= 3, $"only {points} points");
    }

    /// <summary>Thread 0 runs on CPU 0, another of the same process on CPU 1.</summary>
    public static void Started(SimulatedSystem system)
    {
        system.NewThread(0);
        system.RunPendingWork();
        Assert.True(system.Cpu(1)->Current != null);
    }
}
