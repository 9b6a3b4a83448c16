using System;
using Lachesis.Abi;
using Lachesis.Core.Tests.Machines;
using Xunit;

namespace Lachesis.Core.Tests.Scenarios;

/// <summary>What tests of races have in common.</summary>
internal static unsafe class Races
{
    /// <summary>The handle that the first process gets first.</summary>
    public const ulong Handle = BootHandle.Count;

    /// <summary>
    /// Tries <paramref name="inner"/> at every point of <paramref name="outer"/>, on a new system each time.
    /// </summary>
    public static void AtEachPoint(
        Action<TestSystem> prepare,
        Action<TestSystem> outer,
        Action<TestSystem> inner,
        Action<TestSystem> check,
        uint cpus = 2)
    {
        int points = Interleaving.AtEachPoint(
            () =>
            {
                TestSystem system = TestSystem.Running(new SystemShape { Cpus = cpus });
                prepare(system);
                return system;
            },
            outer,
            inner,
            check);
        Assert.True(points >= 3, $"only {points} points");
    }

    /// <summary>Thread 0 runs on CPU 0, another of the same process on CPU 1.</summary>
    public static void Started(TestSystem system)
    {
        system.NewThread(0);
        system.Settle();
        Assert.True(system.Cpu(1)->Current != null);
    }
}
