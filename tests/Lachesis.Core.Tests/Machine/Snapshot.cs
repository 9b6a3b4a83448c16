using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Machine;

/// <summary>
/// All of the kernel's memory, and what it did to the machine, at one moment. Left out is what every call changes:
/// counters, and the registers of running threads.
/// </summary>
internal sealed unsafe class Snapshot
{
    private readonly List<byte[]> _blocks = [];
    private readonly List<(long, bool)> _cpus = [];
    private readonly (int, int, int) _output;

    /// <summary>Takes one.</summary>
    public Snapshot(SimulatedSystem system)
    {
        foreach (NativeBlock block in system.Blocks)
        {
            byte[] copy = block.Bytes.ToArray();
            for (uint i = 0; i < system.Shape.Cpus; i++)
            {
                Cpu* cpu = system.Cpu(i);
                LeaveOut(block, copy, &cpu->Counters, sizeof(CpuCounters));
                LeaveOut(block, copy, cpu->Current, cpu->Current == null ? 0 : sizeof(UserContext));
            }

            _blocks.Add(copy);
        }

        for (uint i = 0; i < system.Shape.Cpus; i++)
        {
            _cpus.Add((system.TimerOf(i).Nanoseconds, system.HasInterrupt(i)));
        }

        _output = (system.Log.Count, system.Reports.Count, system.Users.Loads);
    }

    /// <summary>Makes a system call that must fail, and holds it to having changed nothing.</summary>
    public static void Fails(
        Error expected, SimulatedSystem system, SystemCall number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        system.Syscall(0, SystemCall.Nop);
        var before = new Snapshot(system);
        SimulatedSystem.CallResult result = system.Syscall(0, number, a0, a1, a2, a3);
        Assert.Equal(new SimulatedSystem.CallResult(expected, 0, WentOn: true), result);
        before.AssertUnchanged(system);
    }

    /// <summary>Fails unless everything is as it was.</summary>
    public void AssertUnchanged(SimulatedSystem system)
    {
        var now = new Snapshot(system);
        Assert.Equal(_cpus, now._cpus);
        Assert.Equal(_output, now._output);
        foreach ((byte[] before, byte[] after) in _blocks.Zip(now._blocks))
        {
            int at = before.AsSpan().CommonPrefixLength(after);
            Assert.True(at == before.Length, $"byte {at} of a block of {before.Length} changed");
        }
    }

    private static void LeaveOut(NativeBlock block, byte[] copy, void* start, int length)
    {
        long at = (byte*)start - block.Start;
        if (at >= 0 && at < copy.Length)
        {
            Array.Clear(copy, (int)at, length);
        }
    }
}
